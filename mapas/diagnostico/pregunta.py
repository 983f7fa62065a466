"""The diagnosis on the map: how much was found in each unit, and of which nothing is known."""

from dataclasses import replace

from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from demandas.models import Hallazgo
from demandas.querysets.diagnostico import TIPOS
from mapas import clases as legenda
from mapas.figuras import Columna, Figuras, fila_de, fuente_de, plural, por_cuantiles, sumas
from mapas.filtros import Vista
from mapas.nombres import en_su_idioma

PLURALES = ("problemas", "potencialidades", "limitaciones", "aspiraciones")


def diagnostico(vista: Vista, *, con_rasgos: bool = True) -> Figuras:
    """Findings of each kind by unit; a unit without any is drawn as one that has not looked at itself yet."""
    hallazgos = Hallazgo.objects.visibles_para(vista.usuario).del_municipio(vista.municipio)
    if vista.sector:
        hallazgos = hallazgos.de_sector(vista.sector.codigo)
    if vista.grupo:
        hallazgos = hallazgos.de(grupo=vista.grupo)
    columnas = [
        Columna("hallados", _("Hallazgos"), "decimal"),
        Columna("problemas", _("Problemas"), "decimal"),
        Columna("potencialidades", _("Potencialidades"), "decimal"),
        Columna("limitaciones", _("Limitaciones"), "decimal"),
        Columna("aspiraciones", _("Aspiraciones"), "decimal"),
        Columna("demandas", _("Demandas"), "decimal"),
    ]
    hallados = hallazgos.contados(vista.nivel)
    en_ellas = vista.demandas.vigentes().localizaciones().filter(nivel=vista.nivel).order_by()
    demandas = dict(en_ellas.values_list("unidad").annotate(n=Sum("fraccion")))
    ninguno = dict.fromkeys(TIPOS, 0.0)
    filas = [
        fila_de(u)
        | {"hallados": sum(hallados.get(u.pk, ninguno).values()), "demandas": demandas.get(u.pk, 0.0)}
        | dict(zip(PLURALES, hallados.get(u.pk, ninguno).values(), strict=True))
        for u in vista.unidades.order_by("nombre")
    ]
    filtrado = bool(vista.sector or vista.grupo)
    nada = _("nada con estos filtros") if filtrado else _("sin autodiagnóstico")
    clases = [
        replace(clase, etiqueta=nada, color=legenda.BLANCO, trama="rayas") if clase.clave == "cero" else clase
        for clase in por_cuantiles(filas, "hallados")
    ]
    conservacion = hallazgos.conservacion(vista.nivel, vista.municipio)
    callan = sum(1 for fila in filas if not fila["hallados"])
    n = int(conservacion.total)
    que = ngettext("%(n)s hallazgo", "%(n)s hallazgos", n) % {"n": number_format(n)}
    if vista.sector:
        que = _("%(que)s de %(sector)s") % {"que": que, "sector": en_su_idioma(vista.sector.nombre)}
    callados = _("%(n)s sin ninguno") if filtrado else _("%(n)s sin autodiagnóstico")
    totales = sumas(filas, ["hallados", *PLURALES, "demandas"])
    return Figuras(
        pregunta="diagnostico",
        titulo=_("Diagnóstico por territorio"),
        frase=_("%(que)s en %(n)s %(nivel)s; %(callados)s")
        % {
            "que": que,
            "n": number_format(len(filas)),
            "nivel": plural(vista.nivel, len(filas)),
            "callados": callados % {"n": number_format(callan)},
        },
        detalle=_(
            "%(problemas)s problemas, %(potencialidades)s potencialidades, %(limitaciones)s limitaciones y"
            " %(aspiraciones)s aspiraciones."
        )
        % {clave: number_format(round(totales[clave] or 0)) for clave in PLURALES},
        columnas=columnas,
        filas=sorted(filas, key=lambda fila: (fila["hallados"] > 0, -fila["hallados"], fila["nombre"])),
        totales=totales,
        valor="hallados",
        clases=clases,
        conservacion=conservacion,
        objeto=_("hallazgos"),
        fuente=fuente_de(vista),
    )
