"""Forms: raw JSON or what a browser posted goes in; typed process variables, or a sentence beside each field, come out.

`field` what a form is made of · `reading` a form's JSON becomes a Form · `typing` one raw value becomes a typed one ·
`form` the whole: unknown fields, needed fields, limits, rules · `phone`, `pattern`, `sentences` what those use.
"""

from engine.forms.field import Field, Option, Rule
from engine.forms.form import Form
from engine.forms.reading import read_form

__all__ = ["Field", "Form", "Option", "Rule", "read_form"]
