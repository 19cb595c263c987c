"""Messages reach exactly one wait, signals everybody; what nobody waits for may be kept."""

from __future__ import annotations

from datetime import timedelta

from engine import commands, instances, messages
from engine.clock import VirtualClock
from engine.process_engine import ProcessEngine
from tests.engine.acting import begin, complete, deploy, instance, open_incidents, open_tasks, variables
from tests.engine.drawn import catch, end, in_a_line, message, signal, start, throw, user

LISTENS = in_a_line(
    "listens", start(), catch("Hear", message("paid", "${order}")), user("Task_A"), end(), messages="paid"
)
ANY = in_a_line("any", start(), catch("Hear", message("paid")), user("Task_A"), end(), messages="paid")
RINGS = in_a_line("rings", start(), catch("Hear", signal("fire")), user("Task_A"), end(), signals="fire")


def publish(engine: ProcessEngine, name: str, **how: object) -> int:
    with engine.transaction("system") as tx:
        return commands.publish_message(tx, name, {"amount": 3}, **how)  # type: ignore[arg-type]


def test_a_message_reaches_the_wait_with_its_key(engine: ProcessEngine) -> None:
    # given
    deploy(engine, listens=LISTENS)
    one, two = begin(engine, "listens", {"order": "1"}), begin(engine, "listens", {"order": "2"})
    # when
    taken = publish(engine, "paid", correlation_key="2")
    # then
    assert taken == 1
    assert [task.instance_id for task in open_tasks(engine)] == [two]
    assert variables(engine, two) == {"order": "2", "amount": 3}
    assert publish(engine, "paid", correlation_key="2") == 0
    with engine.reading() as tx:
        assert [wait.correlation_key for wait in messages.of_instance(tx, one)] == ["1"]


def test_a_message_reaches_the_case_it_names(engine: ProcessEngine) -> None:
    # given
    deploy(engine, any=ANY)
    begin(engine, "any", case="CF-1")
    second = begin(engine, "any", case="CF-2")
    # when / then
    assert publish(engine, "paid", business_key="CF-2") == 1
    assert [task.instance_id for task in open_tasks(engine)] == [second]


def test_a_message_for_anybody_reaches_who_has_waited_longest_and_nobody_else(engine: ProcessEngine) -> None:
    # given
    deploy(engine, any=ANY)
    first = begin(engine, "any")
    begin(engine, "any")
    # when / then
    assert publish(engine, "paid") == 1
    assert [task.instance_id for task in open_tasks(engine)] == [first]


def test_a_message_nobody_waits_for_is_gone_or_kept_for_a_while(engine: ProcessEngine, clock: VirtualClock) -> None:
    # given
    deploy(engine, any=ANY)
    until = clock.now() + timedelta(hours=1)
    # when
    assert publish(engine, "paid") == 0
    assert publish(engine, "paid", buffer_until=until) == 0
    engine.advance_clock(until)
    taker, late = begin(engine, "any"), begin(engine, "any")
    # then
    assert [task.instance_id for task in open_tasks(engine)] == [taker]
    assert variables(engine, taker) == {"amount": 3}
    assert instance(engine, late).state == "active"


def test_a_kept_message_is_gone_when_its_time_is_over(engine: ProcessEngine, clock: VirtualClock) -> None:
    # given
    deploy(engine, any=ANY)
    publish(engine, "paid", buffer_until=clock.now() + timedelta(hours=1))
    # when
    engine.advance_clock(clock.now() + timedelta(hours=1, seconds=1))
    begin(engine, "any")
    # then
    assert open_tasks(engine) == []
    with engine.transaction("system") as tx:
        assert messages.forget_stale(tx) == 1


def test_a_signal_reaches_everybody_who_waits_for_it(engine: ProcessEngine) -> None:
    # given
    begins = in_a_line("begins", start(content=signal("fire")), user("Task_B"), end(), signals="fire")
    deploy(engine, rings=RINGS, begins=begins)
    ids = [begin(engine, "rings"), begin(engine, "rings")]
    # when
    with engine.transaction("system") as tx:
        taken = commands.broadcast_signal(tx, "fire", {"where": "hall"})
    # then
    assert taken == 3
    assert sorted(task.element_id for task in open_tasks(engine)) == ["Task_A", "Task_A", "Task_B"]
    assert [variables(engine, id_) for id_ in ids] == [{"where": "hall"}] * 2


def test_what_a_process_throws_reaches_others_in_the_same_transaction(engine: ProcessEngine) -> None:
    # given
    throws = in_a_line(
        "throws",
        start(),
        user("Task_T"),
        throw("Send", message("paid")),
        throw("Ring", signal("fire")),
        end(),
        messages="paid",
        signals="fire",
    )
    deploy(engine, throws=throws, any=ANY, rings=RINGS)
    other = begin(engine, "any", case="CF-9")
    mine = begin(engine, "any", case="CF-1")
    rung = begin(engine, "rings")
    thrower = begin(engine, "throws", case="CF-1")
    # when
    complete(engine, thrower, "Task_T")
    # then
    assert {task.instance_id for task in open_tasks(engine)} == {mine, rung}
    assert instance(engine, other).state == "active"
    assert instance(engine, thrower).state == "completed"


def test_a_thrown_message_may_start_a_process_for_the_same_case(engine: ProcessEngine) -> None:
    # given
    throws = in_a_line("throws", start(), throw("Send", message("ring")), end(), messages="ring")
    heard = in_a_line("heard", start(content=message("ring")), user("Task_A"), end(), messages="ring")
    deploy(engine, throws=throws, heard=heard)
    # when
    begin(engine, "throws", case="CF-7")
    # then
    assert [task.business_key for task in open_tasks(engine)] == ["CF-7"]


def test_processes_that_start_each_other_for_ever_go_on_in_jobs_and_not_in_one_request(engine: ProcessEngine) -> None:
    # given
    again = in_a_line("again", start(content=message("ring")), throw("Send", message("ring")), end(), messages="ring")
    deploy(engine, again=again)
    # when
    with engine.transaction("a") as tx:
        commands.start_by_message(tx, "ring")
    # then
    with engine.reading() as tx:
        assert len(instances.find(tx, limit=1000)) <= 200
    assert engine.next_due() is not None
    assert engine.run_due(limit=1) == 1


def test_a_receiver_that_breaks_does_not_undo_the_step_of_the_thrower(engine: ProcessEngine) -> None:
    # given
    throws = in_a_line("throws", start(), user("Task_T"), throw("Send", message("paid")), end(), messages="paid")
    deploy(engine, throws=throws, any=ANY)
    broken = begin(engine, "any")
    with engine.transaction("a") as tx:  # rows of a format that no version knows
        table = instances.process_instance
        tx.connection.execute(table.update().where(table.c.id == broken).values(rows={"format": -1}))
    thrower = begin(engine, "throws")
    # when
    complete(engine, thrower, "Task_T")
    # then
    assert instance(engine, thrower).state == "completed"
    assert engine.next_due() is not None


def test_an_instance_that_is_over_hears_nothing(engine: ProcessEngine) -> None:
    # given
    deploy(engine, any=ANY)
    id_ = begin(engine, "any")
    with engine.transaction("a") as tx:
        commands.cancel_instance(tx, id_, "")
    # when / then
    assert publish(engine, "paid") == 0
    assert open_incidents(engine) == []
