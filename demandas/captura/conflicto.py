"""A sending that entered before with another content: both, field by field, in words, for who must choose."""

from collections.abc import Mapping
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from demandas.models import Demanda, GrupoEdad, Sexo
from demandas.models.grupo import Grupo

NOMBRES = {
    "titulo": gettext_lazy("qué se pide"),
    "descripcion": gettext_lazy("detalle"),
    "proponente": gettext_lazy("comunidad"),
    "lugar": gettext_lazy("lugar"),
    "sector": gettext_lazy("sector"),
    "grupo": gettext_lazy("quién pide"),
    "evento": gettext_lazy("reunión"),
    "hallazgos": gettext_lazy("hallazgos"),
    "rangos": gettext_lazy("puestos"),
    "por_edad": gettext_lazy("beneficiarios por edad"),
    "beneficiarias_mujeres": gettext_lazy("mujeres beneficiarias"),
    "beneficiarios_hombres": gettext_lazy("hombres beneficiarios"),
    "costo_estimado": gettext_lazy("costo estimado"),
    "contraparte": gettext_lazy("contraparte"),
    "madurez": gettext_lazy("madurez técnica"),
    "pedida_desde": gettext_lazy("se pide desde el año"),
    "fecha": gettext_lazy("fecha"),
    "fuente": gettext_lazy("fuente"),
}


def diferencias(guardada: Demanda, enviada: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was sent and is not so in what is tenida: name of the field, `guardada` and `enviada` as people read them."""
    tenida = _de_la_demanda(guardada)
    distintas = []
    for campo, valor in enviada.items():
        dicho, tiene = _texto(campo, valor), _texto(campo, tenida.get(campo))
        if dicho != tiene:
            distintas.append({"campo": campo, "etiqueta": str(NOMBRES[campo]), "guardada": tiene, "enviada": dicho})
    return distintas


def _de_la_demanda(demanda: Demanda) -> dict[str, Any]:
    campos = {campo.name: getattr(demanda, campo.name) for campo in Demanda._meta.concrete_fields}
    return campos | {
        "lugar": demanda.geometria,
        "rangos": {rango.grupo: rango.puesto for rango in demanda.rangos.all()},
        "por_edad": {(b.sexo, b.grupo_edad): b.personas for b in demanda.beneficiarios_por_edad.all()},
        "hallazgos": list(demanda.hallazgos.all()),
    }


def _texto(campo: str, valor: Any) -> str:
    if valor in (None, "", {}) or valor == []:
        return ""
    if campo == "rangos":
        return ", ".join(f"{Grupo(g).label}: {p}" for g, p in sorted(valor.items()))
    if campo == "por_edad":
        return ", ".join(f"{Sexo(s).label}, {GrupoEdad(e).label}: {n}" for (s, e), n in sorted(valor.items()))
    if campo == "hallazgos":
        return "; ".join(sorted(str(uno) for uno in valor))
    if isinstance(valor, GEOSGeometry):
        return _lugar(valor)
    if campo in {"grupo", "madurez"}:
        return str(dict(Demanda._meta.get_field(campo).flatchoices).get(valor, valor))
    if campo == "fecha":
        return date_format(valor, "SHORT_DATE_FORMAT")
    if campo in {"costo_estimado", "contraparte"}:
        return f"Bs {number_format(valor, 2, force_grouping=True)}"
    return str(valor).strip()


def _lugar(geometria: GEOSGeometry) -> str:
    que = {"Point": _("un punto"), "MultiLineString": _("una línea"), "MultiPolygon": _("un área")}
    centro = geometria.centroid
    return _("%(que)s en %(lat)s; %(lon)s") % {
        "que": que[geometria.geom_type],
        "lat": f"{centro.y:.5f}",
        "lon": f"{centro.x:.5f}",
    }
