"""What every symbol can be asked: one move each. A move happens whole, or its token is held before it."""

from __future__ import annotations

from engine.tokens import compensation, flows, scopes
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.rows import ScopeKind, Token, Wait


class Behaviour:
    """How one symbol plays. `enter`, `begin`, `work`, `leave` and the like are moves; a held token keeps their name."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        """A token has come over a flow."""
        raise NotImplementedError(spot.id)

    def begin(self, game: Game, spot: Spot, token: Token) -> None:
        """Its boundary events are armed (or it is one execution of a marker): the activity itself begins."""
        raise NotImplementedError(spot.id)

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        """Do what the symbol is there for: at once, or by waiting."""
        raise NotImplementedError(spot.id)

    def resume(self, game: Game, spot: Spot, token: Token, wait: Wait) -> None:
        """What its token waited for has come."""
        raise NotImplementedError(spot.id)

    def leave(self, game: Game, spot: Spot, token: Token) -> None:
        """Its work is over: go on."""
        game.note("left", token, spot)
        flows.leave(game, spot, token)

    def be_started(self, game: Game, spot: Spot, token: Token) -> None:
        """An instance begins here, by what the symbol would wait for."""
        self.enter(game, spot, token)

    def open(self, game: Game, spot: Spot, token: Token) -> None:
        """The instance begins: arm the event subprocesses of the process, then let its first tokens run."""
        scope = game.scopes[token.scope]
        scopes.arm_event_subprocesses(game, scope.id, game.chart_at(scope.id).courts[scope.level])
        for member in game.members[scope.id]:
            game.schedule(first_move(game.tokens[member]), member)

    def end_scope(self, game: Game, spot: Spot, token: Token) -> None:
        """The last token inside its activity is gone."""
        scope = game.scopes[game.inside[token.id]]
        if scope.kind == ScopeKind.UNDO:
            game.remove_scope(scope.id)
            game.remove(token)
        else:
            self.scope_ended(game, spot, token, scope.id)

    def scope_ended(self, game: Game, spot: Spot, token: Token, scope_id: int) -> None:
        """The inside of its activity has run to its end."""
        raise NotImplementedError(spot.id)

    def compensate(self, game: Game, spot: Spot, token: Token) -> None:
        """A handler has ended, or compensation begins."""
        compensation.advance(game, token)

    def cancel(self, game: Game, spot: Spot, token: Token) -> None:
        """All that a cancelled transaction had done is undone."""
        raise NotImplementedError(spot.id)

    def next(self, game: Game, spot: Spot, token: Token) -> None:
        """One execution of a marker is over and told: count it."""
        raise NotImplementedError(spot.id)

    def settle(self, game: Game, spot: Spot, scope_id: int) -> None:
        """Nothing else can run: a join that asks what may still come looks again."""

    def join(self, game: Game, spot: Spot, token: Token) -> None:
        """An inclusive join fires."""
        raise NotImplementedError(spot.id)

    def reset(self, game: Game, spot: Spot, token: Token) -> None:
        """A complex gateway that fired takes the rest and begins anew."""
        raise NotImplementedError(spot.id)

    def look(self, game: Game, spot: Spot, token: Token, scope_id: int) -> None:
        """An activity directly inside is over (ad-hoc subprocesses ask)."""

    def interrupt(self, game: Game, spot: Spot, host: Token, wait: Wait, *, is_spared: bool) -> None:
        """A boundary event has what it waited for."""
        raise NotImplementedError(spot.id)

    def start(self, game: Game, spot: Spot, scope_id: int, wait: Wait) -> None:
        """The start event of an event subprocess has what it waited for."""
        raise NotImplementedError(spot.id)


def first_move(token: Token) -> str:
    """Return the first move of a token that an instance begins with: entering, or having what it would wait for."""
    return "be_started" if "began" in token.memo else "enter"
