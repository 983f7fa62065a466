"""Names that come with Minka as rows (levels, sectors): rows are Spanish, these let the English pages say them too.

A name that a municipality adds or changes is shown as it is.
"""

from django.utils.translation import gettext, gettext_noop

NOMBRES = (
    gettext_noop("departamento"),
    gettext_noop("departamentos"),
    gettext_noop("provincia"),
    gettext_noop("provincias"),
    gettext_noop("municipio"),
    gettext_noop("municipios"),
    gettext_noop("macrodistrito"),
    gettext_noop("macrodistritos"),
    gettext_noop("marka"),
    gettext_noop("markas"),
    gettext_noop("distrito"),
    gettext_noop("distritos"),
    gettext_noop("cantón"),
    gettext_noop("cantones"),
    gettext_noop("ayllu"),
    gettext_noop("ayllus"),
    gettext_noop("OTB"),
    gettext_noop("unidad vecinal"),
    gettext_noop("unidades vecinales"),
    gettext_noop("comunidad"),
    gettext_noop("comunidades"),
    gettext_noop("Funcionamiento órgano ejecutivo"),
    gettext_noop("Funcionamiento órgano deliberativo"),
    gettext_noop("Producción agropecuaria"),
    gettext_noop("Saneamiento básico"),
    gettext_noop("Riego y microriego"),
    gettext_noop("Medio ambiente"),
    gettext_noop("Aseo urbano y residuos"),
    gettext_noop("Energía y electrificación"),
    gettext_noop("Alumbrado público"),
    gettext_noop("Infraestructura urbana y rural"),
    gettext_noop("Caminos vecinales"),
    gettext_noop("Catastro"),
    gettext_noop("Gestión de salud"),
    gettext_noop("Gestión de educación"),
    gettext_noop("Deporte"),
    gettext_noop("Cultura y patrimonio"),
    gettext_noop("Turismo"),
    gettext_noop("Grupos vulnerables y de la mujer"),
    gettext_noop("Niñez y adolescencia"),
    gettext_noop("Vialidad y transporte público"),
    gettext_noop("Defensa del consumidor"),
    gettext_noop("Faenado de ganado"),
    gettext_noop("Inhumación y cremación"),
    gettext_noop("Gestión de riesgos"),
    gettext_noop("Recursos hídricos"),
    gettext_noop("Seguridad ciudadana"),
    gettext_noop("Fortalecimiento institucional"),
    gettext_noop("Desarrollo económico local"),
)


def en_su_idioma(nombre: str) -> str:
    """A catalogue's name in the reader's language, or as it is where no translation is known."""
    return gettext(nombre) if nombre else ""


def nombre_de_indicador(nombre: str) -> str:
    """An indicator in words; one that Minka does not know, by its own name."""
    conocidos = {
        "nbi": gettext("Personas con necesidades básicas insatisfechas (NBI)"),
        "nbi_vivienda": gettext("en vivienda"),
        "nbi_espacios": gettext("en espacios de la vivienda"),
        "nbi_agua_saneamiento": gettext("en agua y saneamiento"),
        "nbi_energia": gettext("en energía"),
        "nbi_educacion": gettext("en educación"),
        "nbi_salud": gettext("en salud"),
    }
    return conocidos.get(nombre) or nombre.replace("_", " ").replace("-", " ").capitalize()
