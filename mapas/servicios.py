"""Who lives far from a service that works: the nearest one of each community, and how many people it leaves beyond."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mapas import clases as legenda
from mapas.clases import Clase
from mapas.figuras import (
    Columna,
    Figuras,
    columnas_de_habitantes,
    fila_de,
    fuente_de,
    personas_en_palabras,
    plural,
    por_ciento,
    por_umbrales,
    sumas,
)
from mapas.filtros import Vista
from mapas.nombres import en_su_idioma
from mapas.rasgos import rasgos_de_equipamientos
from territorio.models import Equipamiento, Metodo, UnidadEnUnidad, UnidadTerritorial

SIN_LUGAR, SIN_SERVICIO = "sin_lugar", "sin_servicio"
# Metres → class, near to far; the scale survives colour blindness and grey.
DISTANCIAS = ((1000, "#2166AC"), (2000, "#67A9CF"), (5000, "#FDDBC7"), (10_000, "#EF8A62"))
MAS_LEJOS = "#B2182B"


@dataclass(frozen=True)
class Medida:
    """A base unit and its nearest working service: metres, None where the unit has no place or no service is loaded."""

    unidad: Any
    servicio: str
    metros: float | None

    @property
    def habitantes(self) -> int:
        return self.unidad.habitantes or 0

    @property
    def estimada(self) -> bool:
        return self.unidad.habitantes_metodo not in {None, Metodo.CENSO}


@dataclass(frozen=True)
class Alcance:
    """The base units of a view, measured, and what follows from it for a distance."""

    que: str
    medidas: list[Medida]
    metros: int
    hay_servicios: bool

    @property
    def lejos(self) -> list[Medida]:
        return [m for m in self.medidas if m.metros is not None and m.metros > self.metros]

    @property
    def km(self) -> str:
        return en_km(self.metros)

    @property
    def sin_lugar(self) -> list[Medida]:
        return [m for m in self.medidas if m.metros is None]


def alcance(vista: Vista) -> Alcance:
    """Measure the base units that a view asks about: those of its level, or all of the municipality."""
    base = UnidadTerritorial.objects.base().filter(municipio=vista.municipio)
    if vista.nivel.es_base:
        base = base.filter(nivel=vista.nivel)
    sector = vista.sector.codigo if vista.sector else None
    funcionan = Equipamiento.objects.en_funcionamiento().filter(sitio__isnull=False)
    if vista.tipo:
        funcionan = funcionan.de_tipo(vista.tipo)
    hay = (funcionan.de_sector(sector) if sector else funcionan).exists()
    consulta = base.con_servicio_cercano(sector=sector, tipo=vista.tipo).con_habitantes(vista.censo).order_by("nombre")
    medidas = []
    for unidad in consulta:
        cercano = unidad.servicio_cercano or {}
        medidas.append(Medida(unidad, cercano.get("nombre", ""), cercano.get("metros")))
    return Alcance(_que(vista), medidas, vista.metros, hay)


def servicios(vista: Vista, *, con_rasgos: bool = True) -> Figuras:
    """How far each community is from the nearest working service of a sector or kind, in a straight line."""
    hallado = alcance(vista)
    if vista.nivel.es_base:
        columnas, filas, clases, valor = _de_cada_una(hallado)
    else:
        columnas, filas, clases, valor = _por_unidad(vista, hallado)
    return Figuras(
        pregunta="servicios",
        titulo=_("Distancia a los servicios"),
        frase=_frase(vista, hallado),
        detalle=_detalle(vista, hallado),
        columnas=columnas,
        filas=filas,
        totales=sumas(filas, [c.clave for c in columnas if c.tipo in {"entero", "decimal"}]),
        valor=valor,
        clases=clases,
        conservacion=vista.equipamientos.conservacion(vista.nivel, vista.municipio),
        objeto=_("servicios"),
        rasgos=rasgos_de_equipamientos(vista.equipamientos) if con_rasgos else [],
        fuente=_("%(fuente)s; distancias en línea recta") % {"fuente": fuente_de(vista)},
    )


def _que(vista: Vista) -> str:
    """What is looked for, in words: «puesto de salud», «un servicio de Gestión de salud»."""
    if vista.tipo:
        return _("«%(tipo)s»") % {"tipo": vista.tipo}
    if vista.sector:
        return _("un servicio de %(sector)s") % {"sector": en_su_idioma(vista.sector.nombre)}
    return _("un servicio")


def _frase(vista: Vista, hallado: Alcance) -> str:
    if not hallado.hay_servicios:
        return _("No hay cargado %(que)s que funcione: no se puede medir la distancia") % {"que": hallado.que}
    lejos = hallado.lejos
    con_cifra = any(m.unidad.habitantes is not None for m in lejos) or not lejos
    modelo = (
        _("%(n)s de %(todas)s %(unidades)s a más de %(km)s km de %(que)s que funcione: %(habitantes)s habitantes")
        if con_cifra
        else _("%(n)s de %(todas)s %(unidades)s a más de %(km)s km de %(que)s que funcione")
    )
    todas = len(hallado.medidas)
    return modelo % {
        "n": number_format(len(lejos)),
        "todas": number_format(todas),
        "unidades": plural(vista.nivel, todas) if vista.nivel.es_base else _("comunidades y OTB"),
        "km": en_km(vista.metros),
        "que": hallado.que,
        "habitantes": personas_en_palabras(sum(m.habitantes for m in lejos), estimadas=any(m.estimada for m in lejos)),
    }


def _detalle(vista: Vista, hallado: Alcance) -> str:
    if not hallado.hay_servicios:
        return ""
    cerca = [m for m in hallado.medidas if m.metros is not None and m.metros <= vista.metros]
    medidas = len(hallado.medidas) - len(hallado.sin_lugar)
    partes = []
    if medidas:
        personas = sum(m.habitantes for m in hallado.medidas if m.metros is not None)
        partes.append(
            _("Hasta %(km)s km lo tienen %(parte)s de ellas y %(personas)s de sus habitantes, en línea recta.")
            % {
                "km": en_km(vista.metros),
                "parte": por_ciento(100 * len(cerca) / medidas),
                "personas": por_ciento(100 * sum(m.habitantes for m in cerca) / personas if personas else None),
            }
        )
    if n := len(hallado.sin_lugar):
        partes.append(
            ngettext("%(n)s sin lugar conocido no se pudo medir.", "%(n)s sin lugar conocido no se pudieron medir.", n)
            % {"n": number_format(n)}
        )
    if n := sum(1 for m in hallado.lejos if m.unidad.habitantes is None):
        partes.append(
            ngettext("%(n)s no tiene cifra de habitantes.", "%(n)s no tienen cifra de habitantes.", n)
            % {"n": number_format(n)}
        )
    return " ".join(partes)


def en_km(metros: float) -> str:
    km = metros / 1000
    return number_format(km, 0 if km.is_integer() else 1)


def _clase_de(metros: float) -> str:
    return next((f"hasta_{hasta}" for hasta, _color in DISTANCIAS if metros <= hasta), "mas_lejos")


def _clases(hallado: Alcance, claves: list[str]) -> list[Clase]:
    rangos, desde = [], 0
    for hasta, color in DISTANCIAS:
        etiqueta = _("%(desde)s a %(hasta)s km") if desde else _("hasta %(hasta)s km")
        rangos.append(Clase(f"hasta_{hasta}", etiqueta % {"desde": en_km(desde), "hasta": en_km(hasta)}, color))
        desde = hasta
    rangos.append(Clase("mas_lejos", _("más de %(km)s km") % {"km": en_km(desde)}, MAS_LEJOS))
    vacias = [Clase(SIN_LUGAR, _("sin lugar conocido"), legenda.BLANCO, "puntos")]
    if not hallado.hay_servicios:
        rangos, vacias = [], [Clase(SIN_SERVICIO, _("sin servicio cargado"), "#BDBDBD", "rayas"), *vacias]
    return legenda.contar([*rangos, *vacias], claves)


def _de_cada_una(hallado: Alcance):
    columnas = [
        Columna("km", _("Distancia"), "km"),
        Columna("servicio", _("Servicio más cercano"), "texto"),
        *columnas_de_habitantes(),
    ]
    con_lugar = set(
        UnidadTerritorial.objects.filter(pk__in=[m.unidad.pk for m in hallado.sin_lugar])
        .con_limite()
        .exclude(geometria=None)
        .values_list("pk", flat=True)
    )
    filas = []
    for m in sorted(hallado.medidas, key=lambda m: (m.metros is None, -(m.metros or 0), m.unidad.nombre)):
        clase = _clase_de(m.metros) if m.metros is not None else SIN_SERVICIO if m.unidad.pk in con_lugar else SIN_LUGAR
        filas.append(
            fila_de(m.unidad)
            | {
                "km": None if m.metros is None else m.metros / 1000,
                "servicio": m.servicio,
                "habitantes": m.unidad.habitantes,
                "habitantes_metodo": m.unidad.habitantes_metodo,
                "clase": clase,
            }
        )
    return columnas, filas, _clases(hallado, [fila["clase"] for fila in filas]), "km"


def _por_unidad(vista: Vista, hallado: Alcance):
    """A level above the base: each base unit counts in it by the part of it that lies there."""
    columnas = [
        Columna("cerca", _("Comunidades y OTB cerca"), "decimal"),
        Columna("lejos", _("Lejos"), "decimal"),
        Columna("sin_medir", _("Sin medir"), "decimal"),
        Columna("por_ciento", _("Lejos, del total"), "porcentaje"),
        Columna("habitantes_cerca", _("Habitantes cerca"), "entero"),
        Columna("habitantes_lejos", _("Habitantes lejos"), "entero"),
    ]
    filas = {u.pk: fila_de(u) | {c.clave: 0.0 for c in columnas} for u in vista.unidades}
    medidas = {m.unidad.pk: m for m in hallado.medidas}
    partes = UnidadEnUnidad.objects.filter(parte__in=medidas, unidad__in=filas).values_list(
        "parte", "unidad", "fraccion"
    )
    for parte, unidad, fraccion in partes:
        medida, fila = medidas[parte], filas[unidad]
        if medida.metros is None:
            fila["sin_medir"] += fraccion
            continue
        cual = "lejos" if medida.metros > vista.metros else "cerca"
        fila[cual] += fraccion
        fila[f"habitantes_{cual}"] += fraccion * medida.habitantes
        if medida.estimada:
            fila[f"habitantes_{cual}_metodo"] = medida.unidad.habitantes_metodo
    for fila in filas.values():
        medidas_en_ella = fila["cerca"] + fila["lejos"]
        fila["por_ciento"] = 100 * fila["lejos"] / medidas_en_ella if medidas_en_ella > 1e-9 else None
    ordenadas = sorted(
        filas.values(),
        key=lambda f: (f["por_ciento"] is None, -(f["por_ciento"] or 0), -f["habitantes_lejos"], f["nombre"]),
    )
    colores = [MAS_LEJOS, *(color for _metros, color in reversed(DISTANCIAS))]
    umbrales = [
        (75, Clase("c4", _("75 % o más lejos"), colores[0])),
        (50, Clase("c3", "50 – 74 %", colores[1])),
        (25, Clase("c2", "25 – 49 %", colores[2])),
        (1e-9, Clase("c1", _("menos de 25 %"), colores[3])),
        (0, Clase("cero", _("ninguna lejos"), colores[4])),
    ]
    vacia = (
        legenda.sin_datos(_("sin datos: sin comunidades con lugar"))
        if hallado.hay_servicios
        else Clase(SIN_SERVICIO, _("sin servicio cargado"), "#BDBDBD", "rayas")
    )
    clases = por_umbrales(ordenadas, "por_ciento", umbrales, vacia)
    return columnas, ordenadas, clases, "por_ciento"
