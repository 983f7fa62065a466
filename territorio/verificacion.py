"""Checks of what is stored against what it is made from; `manage.py verificar` runs them all."""

from collections.abc import Callable, Iterator

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from cuentas import cadena, revision
from territorio import cifras, historia, reserva, solapes
from territorio.adjuntos import almacen
from territorio.localizacion import TOLERANCIA, diferencias, tablas
from territorio.models import Equipamiento, Limite, Nivel, UbicadaPor, UnidadTerritorial

Comprobacion = tuple[str, Callable[[], list[str]]]
_de_arriba: list[Comprobacion] = []


def comprobar_tambien(nombre: str, revisar: Callable[[], list[str]]) -> None:
    """Add a check of an upper app."""
    _de_arriba.append((nombre, revisar))


def comprobaciones() -> Iterator[Comprobacion]:
    """Name of each check and the function that lists what fails, in words."""
    for tabla in tablas():
        nombre = tabla._meta.get_field(tabla.OBJETO).related_model._meta.verbose_name_plural
        yield f"localización de {nombre} recalculada de la geometría", lambda t=tabla: _localizacion(t)
        yield f"suma de fracciones de {nombre} por nivel", lambda t=tabla: _sumas(t)
        if hasattr(tabla._meta.get_field(tabla.OBJETO).related_model, "CAMPO_UNIDAD"):
            yield f"conservación de {nombre} por municipio y nivel", lambda t=tabla: _conservacion(t)
    yield "solapes entre límites recalculados de la geometría", solapes.diferencias
    yield "un límite por unidad y día", _limites_superpuestos
    yield "límites dentro de los días de su unidad", historia.limites_fuera_de_su_unidad
    yield "sucesiones de acuerdo con los días de sus unidades, sin ciclos", historia.sucesiones_imposibles
    yield "habitantes e indicadores recalculados de sus datos", cifras.diferencias
    yield (
        "personas por sexo y edad que todos ven, de acuerdo con la regla de las cifras reservadas",
        reserva.diferencias,
    )
    yield "lugar desde el que se mide la distancia a los equipamientos", _sitios
    yield "árbol de unidades sin ciclos ni padres de otro municipio", _arbol
    yield "documentos y fotos en el disco, tal como se subieron", almacen.diferencias
    yield from _de_arriba

    yield _CADENA, cadena.diferencias
    yield _REGISTRADO, cadena.sin_registrar
    yield _BASE, revision.faltas


_CADENA = "registro de cambios: cadena, asientos y eventos tal como se escribieron"
_REGISTRADO = "registro de cambios: lo guardado es lo último registrado"
_BASE = "rol, permisos, reglas de filas y disparadores de la base de datos"
_REMEDIOS = {
    _CADENA: "alguien tocó el registro por fuera de Minka: compárelo con un respaldo y con los sellos anotados",
    _REGISTRADO: "alguien escribió sin dejar registro: compárelo con un respaldo; guardarlo otra vez lo registra",
    _BASE: "manage.py migrate",
}


def remedio(comprobacion: str) -> str:
    """What to do when a check fails."""
    if comprobacion.startswith("sello anotado"):
        return _REMEDIOS[_CADENA]
    return _REMEDIOS.get(comprobacion, "manage.py relocalizar")


def _localizacion(tabla) -> list[str]:
    return [
        f"{d.modelo} {d.objeto_id} en la unidad {d.unidad_id}: guardado {d.guardada}, según la geometría {d.calculada}"
        for d in diferencias(tabla)
    ]


def _sumas(tabla) -> list[str]:
    objeto = f"{tabla.OBJETO}_id"
    pasadas = (
        tabla.objects.order_by()
        .values(objeto, "nivel__codigo")
        .annotate(suma=Sum("fraccion"))
        .filter(suma__gt=1 + TOLERANCIA)
    )
    return [f"{tabla.OBJETO} {p[objeto]} suma {p['suma']:.6f} en el nivel {p['nivel__codigo']}" for p in pasadas]


def _conservacion(tabla) -> list[str]:
    """Per municipality and level the line must close: located + outside + unlocated = all, and nothing below zero."""
    modelo = tabla._meta.get_field(tabla.OBJETO).related_model
    fallas = []
    for municipio in UnidadTerritorial.objects.filter(pk__in=modelo.objects.order_by().values("municipio").distinct()):
        propios = modelo.objects.filter(municipio=municipio)
        con_filas_sin_lugar = propios.sin_ubicar().filter(localizaciones__isnull=False).count()
        if con_filas_sin_lugar:
            fallas.append(f"{municipio}: {con_filas_sin_lugar} sin ubicar tienen unidades guardadas")
        con_geometria = Q(punto__isnull=False) | Q(linea__isnull=False) | Q(poligono__isnull=False)
        propia = Q(ubicada_por=UbicadaPor.PROPIA)
        if mal_dichas := propios.filter((propia & ~con_geometria) | (~propia & con_geometria)).count():
            fallas.append(f"{municipio}: {mal_dichas} dicen tener geometría propia sin tenerla, o al revés")
        por_unidad = propios.filter(ubicada_por__in=[UbicadaPor.UNIDAD, UbicadaPor.ANCESTRO])
        if sin_filas := por_unidad.filter(localizaciones__isnull=True).count():
            fallas.append(f"{municipio}: {sin_filas} ubicadas por su unidad no están en ninguna")
        for nivel in Nivel.objects.filter(Q(unidades__municipio=municipio) | Q(unidades=municipio)).distinct():
            try:
                linea = propios.conservacion(nivel, municipio)
            except ValueError as e:
                fallas.append(f"{municipio}, {nivel}: {e}")
                continue
            if abs(linea.ubicadas + linea.fuera + linea.sin_ubicar - linea.total) > TOLERANCIA * max(linea.total, 1):
                fallas.append(f"{municipio}, {nivel}: {linea}")
    return fallas


def _limites_superpuestos() -> list[str]:
    hoy = timezone.localdate()
    dobles = (
        Limite.objects.en_vigor(hoy).order_by().values("unidad").annotate(cuantos=Count("pk")).filter(cuantos__gt=1)
    )
    return [f"la unidad {d['unidad']} tiene {d['cuantos']} límites en vigor" for d in dobles]


def _sitios() -> list[str]:
    return [f"el equipamiento {pk} no está donde se mide" for pk in Equipamiento.mal_situados()]


def avisos() -> list[str]:
    """What is no failure of ours but contradicts itself in the data: a figure below the sum of its parts."""
    return [str(exceso) for exceso in cifras.excesos()]


def _arbol() -> list[str]:
    padres = dict(UnidadTerritorial.objects.values_list("pk", "padre"))
    fallas = []
    for pk in padres:
        vistos, actual = set(), pk
        while actual is not None and actual not in vistos:
            vistos.add(actual)
            actual = padres.get(actual)
        if actual is not None:
            fallas.append(f"la unidad {pk} está bajo sí misma")
    ajenos = UnidadTerritorial.objects.filter(padre__municipio__isnull=False).exclude(municipio=F("padre__municipio"))
    fallas += [f"{u} ({u.codigo}) está bajo {u.padre}, de otro municipio" for u in ajenos.select_related("padre")]
    return fallas
