"""The groups of a community, told apart by gender and generation."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Grupo(models.TextChoices):
    """Who asks; `comunidad` is the whole assembly."""

    COMUNIDAD = "comunidad", _("toda la comunidad")
    MUJERES = "mujeres", _("mujeres")
    HOMBRES = "hombres", _("hombres")
    JOVENES = "jovenes", _("jóvenes")
    ADULTOS = "adultos", _("adultos")
    ADULTOS_MAYORES = "adultos_mayores", _("adultos mayores")
