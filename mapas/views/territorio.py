"""The explorer of the territory: the municipality's tree beside its map, search as one types, "which unit is here?"."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cuentas.guardia.parametros import entero, parametros
from cuentas.permisos import puede
from mapas import arbol, geometrias
from mapas.contexto import municipio_en_uso
from mapas.listas import texto
from mapas.nombres import en_su_idioma
from mapas.templatetags.minka import con_nivel
from mapas.views.fichas.cifras import habitantes_de
from mapas.views.paginas import CERCANAS, RADIO_CERCANAS, posicion
from territorio.donde import donde
from territorio.models import Nivel, UnidadTerritorial
from territorio.permisos import EDITAR_UNIDAD

DATOS_ID = "datos-territorio"
PREFERIDOS = ("distrito", "macrodistrito", "canton")


@require_safe
@parametros("abierta", "q")
def explorador(request: HttpRequest) -> HttpResponse:
    """The whole page; `abierta` (a unit's id) opens the tree down to it, `q` searches: both without script too."""
    municipio = municipio_en_uso(request)
    if municipio is None:
        return render(request, "mapas/mapa_vacio.html")
    request.municipio = municipio
    abierta = _pedida(request.GET.get("abierta", ""), municipio)
    niveles = arbol.niveles_de(municipio)
    raiz = Rama(municipio, arbol.camino(abierta) if abierta else [municipio])
    contexto: dict[str, Any] = {
        "municipio": municipio,
        "frase": arbol.resumen(municipio),
        "sin_lugar": _sin_lugar(request, municipio),
        "raiz": raiz,
        "abierta": abierta,
        "q": texto(request.GET, "q"),
        "puede_editar": puede(request.user, EDITAR_UNIDAD, municipio),
        "niveles": niveles,
        "datos_id": DATOS_ID,
        "datos": _datos(municipio, niveles, abierta),
        "vacio": not niveles,
    }
    if contexto["q"]:
        contexto |= _hallazgos(municipio, contexto["q"])
    return render(request, "territorio/explorador.html", contexto)


@require_safe
@parametros("nivel")
def rama(request: HttpRequest, pk: int) -> HttpResponse:
    """What hangs from a unit, as a piece of the tree; `nivel` gives the list of one level."""
    una = get_object_or_404(UnidadTerritorial.objects.select_related("nivel", "municipio"), pk=pk)
    nivel = request.GET.get("nivel", "")[:40]
    if nivel:
        grupo = next((g for g in arbol.grupos(una, abierto=nivel) if g.nivel.codigo == nivel), None)
        if grupo is None:
            raise Http404
        return render(request, "territorio/_unidades.html", {"unidades": grupo.unidades})
    return render(request, "territorio/_rama.html", {"rama": Rama(una, [una])})


@require_safe
@parametros("q")
def buscar(request: HttpRequest) -> HttpResponse:
    """What is found, as a piece of the page."""
    municipio = municipio_en_uso(request)
    buscado = texto(request.GET, "q")
    contexto: dict[str, Any] = {"q": buscado, "municipio": municipio}
    if municipio is not None and buscado:
        contexto |= _hallazgos(municipio, buscado)
    return render(request, "territorio/_halladas.html", contexto)


@require_safe
@parametros("lat", "lon")
def aqui(request: HttpRequest) -> HttpResponse:
    """Which units cover a place, as a piece of the page; else the communities near it."""
    punto = posicion(request.GET.get("lat", ""), request.GET.get("lon", ""))
    if punto is None:
        problema = _("Ese lugar no está en Bolivia.")
        return render(request, "territorio/_aqui.html", {"problema": problema}, status=400)
    cubren = donde(punto)
    contexto: dict[str, Any] = {"punto": punto, "cubren": cubren, "kilometros": RADIO_CERCANAS // 1000}
    if not any(c.unidad.nivel.es_base for c in cubren):
        base = UnidadTerritorial.objects.select_related("nivel", "padre").base()
        contexto["cercanas"] = list(base.cercanas_a(punto, metros=RADIO_CERCANAS)[:CERCANAS])
    if cubren:
        contexto["chicas"] = [c.unidad for c in cubren if c.unidad.nivel_id == cubren[-1].unidad.nivel_id]
    municipio = next((c.unidad.municipio_propio for c in cubren if c.unidad.municipio_propio), None)
    contexto["puede_editar"] = municipio is not None and puede(request.user, EDITAR_UNIDAD, municipio)
    contexto["municipio"] = municipio
    return render(request, "territorio/_aqui.html", contexto)


@require_safe
@parametros()
def tarjeta(request: HttpRequest, pk: int) -> HttpResponse:
    """The chosen unit in a few lines, and the way to it in the tree."""
    unidades = UnidadTerritorial.objects.select_related("nivel", "municipio__nivel", "padre__nivel")
    una = get_object_or_404(unidades.con_limite(), pk=pk)
    contexto = {
        "unidad": una,
        "camino": ",".join(str(paso.pk) for paso in arbol.camino(una)),
        "habitantes": habitantes_de(una),
        "con_lugar": una.geometria is not None,
        "puede_editar": una.municipio_propio and puede(request.user, EDITAR_UNIDAD, una.municipio_propio, una),
    }
    return render(request, "territorio/_tarjeta.html", contexto)


class Rama:
    """A unit in the tree with what hangs from it; where `camino` goes on, the next step comes opened."""

    def __init__(self, unidad: UnidadTerritorial, camino: list[UnidadTerritorial]) -> None:
        self.unidad = unidad
        siguiente = camino[1] if len(camino) > 1 else None
        self.abierta_en = siguiente.pk if siguiente else None
        self.nivel_abierto = siguiente.nivel.codigo if siguiente else ""
        self.grupos = arbol.grupos(unidad, abierto=self.nivel_abierto)
        self.sigue = Rama(siguiente, camino[1:]) if siguiente else None


def _hallazgos(municipio: UnidadTerritorial, buscado: str) -> dict[str, Any]:
    halladas = arbol.buscadas(municipio, buscado)
    primeras = list(halladas[: arbol.HALLADAS + 1])
    cuantas = len(primeras) if len(primeras) <= arbol.HALLADAS else halladas.count()
    return {"halladas": primeras[: arbol.HALLADAS], "cuantas": cuantas}


def _pedida(pk: str, municipio: UnidadTerritorial) -> UnidadTerritorial | None:
    if (numero := entero(pk, "abierta")) is None:
        return None
    propias = UnidadTerritorial.objects.del_municipio(municipio).select_related("nivel", "municipio__nivel")
    return propias.filter(pk=numero).first()


def _sin_lugar(request: HttpRequest, municipio: UnidadTerritorial) -> list[UnidadTerritorial]:
    """Units without place, for the list that says what to do about them."""
    propias = UnidadTerritorial.objects.filter(municipio=municipio).vigentes().select_related("nivel")
    return list(arbol.sin_lugar_conocido(propias).order_by("nivel__orden", "nombre")[: arbol.HALLADAS])


def _datos(municipio: UnidadTerritorial, niveles: list[Nivel], abierta: UnidadTerritorial | None) -> dict[str, Any]:
    """What territorio.js draws with: the address of each level's outlines, kept by the browser until they change."""
    nivel_del_municipio = municipio.nivel
    capas, caja = [], None
    for nivel in [*niveles, nivel_del_municipio]:
        resumen = geometrias.resumen(municipio_id=municipio.pk, nivel_id=nivel.pk)
        direccion = reverse("mapas:geometria", args=[municipio.codigo, nivel.codigo])
        capas.append(
            {
                "nivel": nivel.codigo,
                "nombre": en_su_idioma(nivel.nombre_plural),
                "geometria": f"{direccion}?v={resumen.version}",
            }
        )
        caja = caja or resumen.caja
    codigos = [nivel.codigo for nivel in niveles]
    con_nombre = UnidadTerritorial.objects.del_municipio(municipio).vigentes().select_related("nivel")
    con_nombre = con_nombre.only("nombre", "nivel__nombre").order_by()
    inicial = next((c for c in PREFERIDOS if c in codigos), codigos[0] if codigos else nivel_del_municipio.codigo)
    return {
        "capas": capas,
        "nivel": abierta.nivel.codigo if abierta else inicial,
        "elegida": abierta.pk if abierta else None,
        "municipio": municipio.pk,
        "nombres": {u.pk: con_nivel(u) for u in con_nombre},
        "caja": caja or settings.MINKA_CAJA,
        "base": settings.MINKA_MAPA_BASE,
        "credito": settings.MINKA_MAPA_BASE_CREDITO,
        "rutas": {
            "rama": reverse("paginas:territorio-rama", args=[0]),
            "tarjeta": reverse("paginas:territorio-unidad", args=[0]),
            "aqui": reverse("paginas:territorio-aqui"),
        },
        "textos": {
            "cargando": _("Cargando los límites…"),
            "fallo": _("No se pudieron cargar los límites. El árbol y la búsqueda funcionan igual."),
            "buscando": _("Buscando su posición…"),
            "sinposicion": _("No se pudo obtener su posición. Revise el permiso de ubicación o busque por el nombre."),
            "sin_conexion": _("No se pudo preguntar al servidor. Revise su conexión."),
            "acercar": _("Acercar"),
            "alejar": _("Alejar"),
            "todo": _("Ver todo el territorio"),
            "alto": _("Altura del panel: %(altura)s"),
            "baja": _("baja"),
            "media": _("media"),
            "alta": _("alta"),
        },
    }
