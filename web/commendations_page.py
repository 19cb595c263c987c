"""The public page of examples: staff whom customers praised and the committee chose (cooperation 3)."""

from __future__ import annotations

from flask import Blueprint, render_template

from web.product import product
from web.words import seoul, t
from workflows import commendations, organisation

blueprint = Blueprint("commendations", __name__)


@blueprint.get("/commendations")
def listed() -> str:
    """Show who was chosen, newest first: names only with consent, customers' words only with theirs."""
    with product().engine.reading() as tx:
        teams = {d.name: d.name_en for d in organisation.all_departments(tx)}
        rows = [
            {
                "name": t(one.name, one.name_en),
                "team": t(one.department, teams.get(one.department, one.department)),
                "level": t("모범 직원상", "Award") if one.level == "award" else t("칭찬 편지", "Letter of praise"),
                "words": one.words,
                "month": t(
                    "{year}년 {month}월",
                    "{month}/{year}",
                    year=seoul(one.published_at).year,
                    month=seoul(one.published_at).month,
                ),
            }
            for one in commendations.newest(tx)
        ]
    return render_template("portal/commendations.html", rows=rows)
