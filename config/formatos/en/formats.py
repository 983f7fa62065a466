"""Dates stay in day-month order in the English pages too: they name Bolivian acts."""

DATE_FORMAT = "j M Y"
SHORT_DATE_FORMAT = "d/m/Y"
