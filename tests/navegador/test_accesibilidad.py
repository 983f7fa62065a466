"""axe-core on every page of the URL configuration, at both widths, with menus, sheets and reports opened.

A page that is added without being listed here fails.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import BrowserContext, Page, expect

from cuentas.models import Usuario
from demandas.models import (
    Actor,
    Criterio,
    DatoInstitucional,
    Demanda,
    Etapa,
    Evento,
    Hallazgo,
    NormaLegal,
    Paso,
    Priorizacion,
    Proceso,
    Producto,
)
from mapas.preguntas import PREGUNTAS
from proyectos.models import PDM, POA, Proyecto
from proyectos.models.acto import PASOS
from territorio.models import Equipamiento, Importacion, Membresia, UnidadTerritorial
from tests.navegador.conftest import ANCHO, TELEFONO, aparte
from tests.navegador.pasos import ancho_del_documento, esperar_mapa, nada_encima
from tests.navegador.test_importacion import franjas, subir

GRAVES = {"moderate", "serious", "critical"}
AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
NORMAS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
cada_ancho = pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])

# --- which routes are pages -------------------------------------------------------------------------------------------
# What is no page: for machines, files, or Django's own.
MAQUINAS = ("api/", "exportar/", "admin/", "idioma/", "salud/", "metricas", "archivos/<uuid")
NO_PAGINAS = {
    "territorio:importacion-estado": "un trozo de otra página",
    "territorio:importacion-leer": "solo recibe",
    "territorio:importacion-omitir": "solo recibe",
    "territorio:importacion-descartar": "solo recibe",
    "territorio:importacion-detener": "solo recibe",
    "paginas:aqui": "un trozo de otra página",
    "paginas:territorio-buscar": "un trozo de otra página",
    "paginas:territorio-aqui": "un trozo de otra página",
    "paginas:territorio-rama": "un trozo de otra página",
    "paginas:territorio-unidad": "un trozo de otra página",
    "cuentas:salir": "solo recibe",
    "cuentas:cerrar-sesiones": "solo recibe",
    "cuentas:codigos": "solo recibe",
    "cuentas:quitar-segundo-factor": "solo recibe",
    "personas:retirar": "solo recibe",
    "demandas:publicar": "solo recibe",
    "demandas:priorizacion-guardar": "solo recibe",
    "demandas:priorizacion-anotar": "solo recibe",
    "demandas:priorizacion-detener": "solo recibe",
    "demandas:priorizacion-otra-vez": "solo recibe",
    "mapas:priorizacion-ver": "solo recibe",
    "demandas:validar": "solo recibe",
    "paginas:guia-operador-pdf": "un documento",
    "paginas:guia-cartilla-pdf": "un documento",
    "mapas:priorizacion-xlsx": "una descarga",
    "paginas:priorizacion-xlsx": "una descarga",
    "paginas:priorizacion-pdf": "un documento",
    "demandas:carga-estado": "un trozo de otra página",
    "demandas:carga-leer": "solo recibe",
    "demandas:carga-omitir": "solo recibe",
    "demandas:carga-aceptar": "solo recibe",
    "demandas:carga-descartar": "solo recibe",
    "demandas:distintas": "solo recibe",
    "demandas:hallazgo-enlaces": "solo recibe",
    "demandas:hallazgos-publicar": "solo recibe",
    "paginas:diagnostico-xlsx": "un archivo",
    "paginas:diagnostico-docx": "un archivo",
    "paginas:institucional-xlsx": "un archivo",
    "demandas:separar": "solo recibe",
    "demandas:plantilla": "un archivo",
    "demandas:formulario-odk": "un archivo",
    "demandas:proceso-estado": "solo recibe",
    "demandas:evento-publicar": "solo recibe",
    "demandas:evento-lista": "un PDF",
    "demandas:evento-boleta": "un PDF",
    "demandas:evento-tarjetas": "un PDF",
    "demandas:manifiesto": "lo lee el navegador",
    "demandas:obrero": "lo lee el navegador",
    "proyectos:publicar": "solo recibe",
}
# Looked at below, on the way of an import.
EN_CAMINO = {
    "demandas:carga",
    "territorio:importacion",
    "territorio:importacion-aceptar",
    "territorio:importacion-deshacer",
}


@dataclass(frozen=True)
class Pagina:
    """An address, with the id of `de`, and who looks at it; `estado` where it is not simply there."""

    ruta: str
    de: str = ""
    entra: bool = False
    estados: tuple[int, ...] = (200,)


PAGINAS = {
    "inicio": Pagina("/"),
    **{f"mapas:{clave}": Pagina(f"/mapas/{clave}/") for clave in PREGUNTAS},
    "mapas:como-se-calcula": Pagina("/mapas/priorizacion/como-se-calcula/"),
    "mapas:priorizacion": Pagina("/mapas/priorizacion/"),
    "mapas:priorizacion-comparar": Pagina("/mapas/priorizacion/comparar/"),
    "paginas:priorizaciones": Pagina("/priorizaciones/"),
    "paginas:priorizacion": Pagina("/priorizaciones/%s/", "corrida"),
    "demandas:priorizacion-aprobar": Pagina("/priorizaciones/%s/aprobar/", "discutida", entra=True),
    "demandas:criterios": Pagina("/priorizaciones/criterios/?municipio=990101", entra=True),
    "demandas:criterio": Pagina("/priorizaciones/criterios/%s/?municipio=990101", "criterio", entra=True),
    "mapas:disputas": Pagina("/mapas/disputas/"),
    "paginas:buscar": Pagina("/buscar/?q=agua"),
    "paginas:municipios": Pagina("/municipios/"),
    "paginas:territorio": Pagina("/territorio/"),
    "paginas:unidad": Pagina("/unidades/%s/", "comunidad"),
    "paginas:historia": Pagina("/unidades/%s/historia/", "distrito"),
    "paginas:demandas": Pagina("/demandas/"),
    "demandas:proceso": Pagina("/proceso/"),
    "demandas:proceso-nuevo": Pagina("/proceso/nuevo/?municipio=990101", entra=True),
    "demandas:proceso-editar": Pagina("/proceso/%s/editar/", "proceso", entra=True),
    "demandas:producto": Pagina("/proceso/productos/%s/", "producto"),
    "demandas:producto-editar": Pagina("/proceso/productos/%s/editar/", "producto", entra=True),
    "demandas:etapa-agregar": Pagina("/proceso/etapas/%s/agregar/", "etapa", entra=True),
    "demandas:paso-editar": Pagina("/proceso/pasos/%s/editar/", "paso", entra=True),
    "demandas:actores": Pagina("/proceso/actores/"),
    "demandas:actor-nuevo": Pagina("/proceso/actores/nuevo/?municipio=990101", entra=True),
    "demandas:actor-editar": Pagina("/proceso/actores/%s/editar/", "actor", entra=True),
    "demandas:normas": Pagina("/proceso/normas/"),
    "demandas:norma-nueva": Pagina("/proceso/normas/nueva/?municipio=990101", entra=True),
    "demandas:norma-editar": Pagina("/proceso/normas/%s/editar/", "norma", entra=True),
    "demandas:eventos": Pagina("/eventos/"),
    "demandas:evento-nuevo": Pagina("/eventos/nuevo/?municipio=990101", entra=True),
    "demandas:evento": Pagina("/eventos/%s/", "evento"),
    "demandas:evento-editar": Pagina("/eventos/%s/editar/", "evento", entra=True),
    "demandas:evento-asistencia": Pagina("/eventos/%s/asistencia/", "evento", entra=True),
    "paginas:diagnostico": Pagina("/diagnostico/"),
    "demandas:autodiagnostico": Pagina("/diagnostico/comunidades/%s/", "hallada"),
    "demandas:hallazgo": Pagina("/diagnostico/hallazgos/%s/", "hallazgo", entra=True),
    "demandas:hallazgo-borrar": Pagina("/diagnostico/hallazgos/%s/borrar/", "hallazgo", entra=True),
    "demandas:hallazgo-demanda": Pagina("/diagnostico/hallazgos/%s/demanda/", "hallazgo", entra=True),
    "demandas:institucional": Pagina("/diagnostico/institucional/?municipio=990101", entra=True),
    "demandas:dato": Pagina("/diagnostico/institucional/%s/", "dato", entra=True),
    "demandas:dato-borrar": Pagina("/diagnostico/institucional/%s/borrar/", "dato", entra=True),
    "demandas:paso": Pagina("/demandas/%s/paso/rechazada/", "demanda", entra=True, estados=(200, 409)),
    "paginas:guia-operador": Pagina("/ayuda/operador/"),
    "paginas:guia-cartilla": Pagina("/ayuda/cartilla/"),
    "demandas:nueva": Pagina("/demandas/nueva/?municipio=990101", entra=True),
    "demandas:cargas": Pagina("/demandas/cargas/?municipio=990101", entra=True),
    "demandas:parecidas": Pagina("/demandas/parecidas/?municipio=990101", entra=True),
    "demandas:unir": Pagina("/demandas/%s/unir/", "demanda", entra=True),
    "paginas:demanda": Pagina("/demandas/%s/", "demanda"),
    "paginas:equipamientos": Pagina("/equipamientos/"),
    "paginas:equipamiento": Pagina("/equipamientos/%s/", "equipamiento"),
    "paginas:planes": Pagina("/planes/"),
    "paginas:pdm": Pagina("/planes/pdm/%s/", "pdm"),
    "paginas:poa": Pagina("/planes/poa/%s/", "poa"),
    "paginas:proyectos": Pagina("/proyectos/"),
    "paginas:proyecto": Pagina("/proyectos/%s/", "proyecto"),
    "paginas:registro": Pagina("/municipio/registro/", entra=True),
    "paginas:sello": Pagina("/sello/"),
    "paginas:unidad-registro": Pagina("/unidades/%s/registro/", "distrito", entra=True),
    "paginas:demanda-registro": Pagina("/demandas/%s/registro/", "demanda", entra=True),
    "paginas:proyecto-registro": Pagina("/proyectos/%s/registro/", "proyecto", entra=True),
    "paginas:pdm-registro": Pagina("/planes/pdm/%s/registro/", "pdm", entra=True),
    "paginas:poa-registro": Pagina("/planes/poa/%s/registro/", "poa", entra=True),
    "archivos:de": Pagina("/archivos/de/demanda/%s/", "demanda"),
    "cuentas:ingresar": Pagina("/entrar/"),
    "cuentas:segundo-paso": Pagina("/entrar/codigo/", entra=True),
    "cuentas:cuenta": Pagina("/cuenta/", entra=True),
    "cuentas:clave": Pagina("/cuenta/clave/", entra=True),
    "cuentas:segundo-factor": Pagina("/cuenta/segundo-factor/", entra=True),
    "personas:lista": Pagina("/municipio/personas/", entra=True),
    "personas:cambiar": Pagina("/municipio/personas/%s/", "membresia", entra=True),
    "personas:quitar": Pagina("/municipio/personas/%s/quitar/", "membresia", entra=True),
    "personas:reponer": Pagina("/municipio/personas/%s/segundo-factor/", "membresia", entra=True),
    "personas:invitacion": Pagina("/invitacion/no-existe/", estados=(200, 404, 410)),
    "territorio:importaciones": Pagina("/territorio/importaciones/", entra=True),
    "territorio:unidad-nueva": Pagina("/territorio/unidades/nueva/?municipio=990101", entra=True),
    "territorio:unidad-editar": Pagina("/territorio/unidades/%s/editar/", "comunidad", entra=True),
    "territorio:unidad-borrar": Pagina("/territorio/unidades/%s/borrar/", "comunidad", entra=True),
    "territorio:unidad-cambiar": Pagina("/territorio/unidades/%s/historia/cambiar/", "comunidad", entra=True),
    # A step that the document does not admit now says so on a page of its own.
    **{
        f"proyectos:{documento}-{uno.clave}": Pagina(
            f"/planes/{documento}/%s/{uno.clave}/", documento, entra=True, estados=(200, 403, 409)
        )
        for documento, pasos in PASOS.items()
        for uno in pasos
    },
}
# The same pages as a member sees them: with forms, drafts and buttons.
DE_MIEMBROS = [
    "inicio", "mapas:demanda", "paginas:territorio", "paginas:unidad", "paginas:historia", "paginas:demandas",
    "paginas:demanda", "paginas:proyectos", "paginas:proyecto", "paginas:equipamiento", "paginas:planes", "paginas:pdm",
    "paginas:poa", "archivos:de", "demandas:autodiagnostico", "demandas:proceso", "demandas:producto",
    "demandas:actores", "demandas:normas",
    "demandas:eventos", "demandas:evento", "mapas:priorizacion", "paginas:priorizacion",
]  # fmt: skip


def rutas(resolver: URLResolver | None = None, camino: str = "", espacio: str = "") -> Iterator[tuple[str, str]]:
    """Name and path of every route."""
    for una in (resolver or get_resolver()).url_patterns:
        ruta = camino + str(una.pattern)
        if isinstance(una, URLResolver):
            yield from rutas(una, ruta, f"{espacio}{una.namespace}:" if una.namespace else espacio)
        elif isinstance(una, URLPattern):
            yield f"{espacio}{una.name}", ruta


def test_every_route_is_a_page_that_is_looked_at_or_is_said_to_be_none():
    son_paginas = {
        nombre for nombre, ruta in rutas() if not ruta.startswith(MAQUINAS) and not ruta.endswith((".json", ".csv"))
    }
    dichas = set(PAGINAS) | set(NO_PAGINAS) | EN_CAMINO
    assert son_paginas - dichas == set(), "páginas que nadie mira: agréguelas a PAGINAS"
    assert dichas - son_paginas == set(), "rutas que ya no existen"


# --- looking ----------------------------------------------------------------------------------------------------------


def mirar(pagina: Page, que: str = "html") -> None:
    """Fail on any violation that hinders somebody, naming the elements of `que` (a selector)."""
    if not pagina.evaluate("Boolean(window.axe)"):
        pagina.evaluate(AXE.read_text(encoding="utf-8"))  # not a script of the page, which its policy would refuse
    halladas = pagina.evaluate(
        """async ([que, normas]) => {
            const { violations } = await axe.run(que, { resultTypes: ["violations"], runOnly: normas });
            return violations.map(({ impact, id, help, nodes }) => ({
                impact, id, help, nodos: nodes.slice(0, 3).map(n => `${n.target.join(" ")} — ${n.failureSummary}`),
            }));
        }""",
        [que, NORMAS],
    )
    graves = [v for v in halladas if v["impact"] in GRAVES]
    assert not graves, pagina.url + "\n" + json.dumps(graves, ensure_ascii=False, indent=1)


@pytest.fixture
def ids(municipio) -> dict[str, int]:
    suyas = UnidadTerritorial.objects.filter(municipio=municipio).order_by("pk")
    return {
        "comunidad": suyas.filter(nivel__codigo="comunidad").first().pk,
        "distrito": suyas.filter(nivel__codigo="distrito").first().pk,
        "demanda": Demanda.objects.filter(publicada=True).order_by("pk").first().pk,
        "proyecto": Proyecto.objects.filter(publicado=True, operaciones__isnull=False).order_by("pk").first().pk,
        "equipamiento": Equipamiento.objects.order_by("pk").first().pk,
        "pdm": PDM.objects.order_by("pk").first().pk,
        "poa": POA.objects.order_by("pk").first().pk,
        "membresia": Membresia.objects.order_by("pk").first().pk,
        "proceso": Proceso.objects.get().pk,
        "etapa": Etapa.objects.order_by("pk").first().pk,
        "paso": Paso.objects.order_by("pk").first().pk,
        "producto": Producto.objects.order_by("pk").first().pk,
        "actor": Actor.objects.order_by("pk").first().pk,
        "norma": NormaLegal.objects.filter(municipio=municipio).first().pk,
        "hallazgo": Hallazgo.objects.order_by("pk").first().pk,
        "hallada": Hallazgo.objects.order_by("pk").first().unidad_id,
        "dato": DatoInstitucional.objects.order_by("pk").first().pk,
        "corrida": Priorizacion.objects.filter(estado="aprobada").first().uid,
        "discutida": Priorizacion.objects.filter(estado="calculada").first().uid,
        "criterio": Criterio.objects.order_by("pk").first().pk,
        "evento": Evento.objects.filter(tipo="autodiagnostico").order_by("pk").first().pk,
    }


@pytest.fixture(scope="module")
def galleta(servidor) -> Iterator[dict[str, str]]:
    """The session of somebody who may do everything, verified with a code."""
    hechas: list[str] = []

    def hacer() -> None:
        jefa = Usuario.objects.create_superuser("jefa de prueba", password="clave-de-prueba-9")
        aparato = TOTPDevice.objects.create(user=jefa, name="prueba", confirmed=True)
        cliente = Client()
        cliente.force_login(jefa)
        sesion = cliente.session
        sesion["otp_device_id"] = aparato.persistent_id
        sesion.save()
        hechas.append(sesion.session_key)

    aparte(hacer)
    yield {"name": settings.SESSION_COOKIE_NAME, "value": hechas[0], "url": servidor}
    aparte(lambda: Usuario.objects.filter(username="jefa de prueba").delete())


@pytest.fixture
def contexto(navegacion, galleta) -> Callable[..., BrowserContext]:
    def hacer(ancho: int, *, entra: bool) -> BrowserContext:
        hecho = navegacion.contexto(ancho)
        if entra:
            hecho.add_cookies([galleta])
        return hecho

    return hacer


def visitar(contexto, ids: dict[str, int], una: Pagina, ancho: int, *, entra: bool) -> Page:
    pagina = contexto(ancho, entra=entra).new_page()
    respuesta = pagina.goto(una.ruta % ids[una.de] if una.de else una.ruta)
    assert respuesta.status in una.estados, (una.ruta, respuesta.status)
    expect(pagina.locator("main")).to_be_visible()
    if "/mapas/" in una.ruta and not una.ruta.endswith(("disputas/", "como-se-calcula/")):
        esperar_mapa(pagina)
    return pagina


@cada_ancho
@pytest.mark.parametrize("nombre", PAGINAS)
def test_every_page_can_be_read_by_all(contexto, navegacion, ids, nombre, ancho):
    una = PAGINAS[nombre]
    pagina = visitar(contexto, ids, una, ancho, entra=una.entra)
    mirar(pagina)
    assert ancho_del_documento(pagina) <= ancho
    _callar_estados(navegacion, una.estados)


def _callar_estados(navegacion, estados: tuple[int, ...]) -> None:
    """The browser's console complains of each page that is no 200; of those that were expected it may."""
    otros = [f"status of {estado} " for estado in estados if estado != 200]
    navegacion.quejas[:] = [queja for queja in navegacion.quejas if not any(otro in queja for otro in otros)]


@cada_ancho
@pytest.mark.parametrize("nombre", DE_MIEMBROS)
def test_every_page_can_be_read_by_all_as_members_see_it(contexto, ids, nombre, ancho):
    mirar(visitar(contexto, ids, PAGINAS[nombre], ancho, entra=True))


@cada_ancho
@pytest.mark.parametrize("estado", [400, 403, 404, 413, 429, 500, 503, 507])
def test_pages_of_errors_can_be_read_by_all(navegacion, ancho, estado):
    cuerpo = render_to_string(f"{estado}.html", {"mensaje": "Algo no se pudo.", "request_path": "/x/"})
    pagina = navegacion.contexto(ancho).new_page()
    pagina.route("**/error-de-prueba/", lambda ruta: ruta.fulfill(body=cuerpo, content_type="text/html; charset=utf-8"))
    pagina.goto("/error-de-prueba/")
    mirar(pagina)
    assert ancho_del_documento(pagina) <= ancho
    navegacion.quejas[:] = [queja for queja in navegacion.quejas if "favicon.ico" not in queja]


# --- what opens -------------------------------------------------------------------------------------------------------


@cada_ancho
def test_open_menus_can_be_read_by_all(contexto, ancho):
    pagina = contexto(ancho, entra=True).new_page()
    pagina.goto("/demandas/")
    if ancho == TELEFONO:
        pagina.get_by_role("button", name="Menú").click()
        mirar(pagina, "header")
    for desplegable in pagina.locator("header details").all():
        desplegable.locator("summary").click()
        mirar(pagina, "header")  # what lies under an open menu is not to be pressed now


@cada_ancho
@pytest.mark.parametrize("clave", PREGUNTAS)
def test_a_map_with_everything_opened_can_be_read_by_all(contexto, ancho, clave):
    pagina = contexto(ancho, entra=False).new_page()
    pagina.goto(f"/mapas/{clave}/")
    esperar_mapa(pagina)
    if ancho == TELEFONO:
        asa = pagina.locator(".asa")
        for _altura in range(2):
            asa.press("ArrowUp")
        mirar(pagina)
    pagina.evaluate("document.querySelectorAll('.panel details').forEach(d => { d.open = true; })")
    mirar(pagina)
    pagina.locator(".lista-unidades button").first.click()
    expect(pagina.locator("#ficha")).to_be_visible()
    mirar(pagina, ".panel")
    if ancho == TELEFONO:  # the sheet covers what lies under it; low, it leaves the map and its balloon to be pressed
        for _altura in range(2):
            pagina.locator(".asa").press("ArrowDown")
        for control in pagina.locator(".leaflet-bar a").all():
            nada_encima(control)  # the controls of the map rise above the sheet
        mirar(pagina)
        pagina.locator(".asa").press("ArrowUp")
    else:
        mirar(pagina)
    for pestana in ("tabla", "descargar"):
        pagina.locator(f".pestanas [data-ver={pestana}]").click()
        mirar(pagina)


@cada_ancho
def test_a_chosen_unit_of_the_explorer_can_be_read_by_all(contexto, ids, ancho):
    pagina = contexto(ancho, entra=True).new_page()
    pagina.goto(f"/territorio/?abierta={ids['distrito']}")
    expect(pagina.locator(".folium-map, .leaflet-container").first).to_be_visible()
    mirar(pagina)


@cada_ancho
def test_an_import_can_be_followed_by_all(contexto, cola, ancho):
    """Waiting, its report with a row and a doubt, acceptance, result and undoing."""
    pagina = contexto(ancho, entra=True).new_page()
    subir(pagina, "macrodistrito", [franjas()])
    mirar(pagina)
    cola()
    expect(pagina.locator("#difmapa")).to_have_attribute("data-listo", "3")
    pagina.get_by_role("button", name="Franja 1").click()
    mirar(pagina)
    pagina.get_by_role("link", name="Aceptar…").click()
    mirar(pagina)
    pagina.get_by_role("button", name="Sí, cargar").click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_contain_text("Cargado")
    mirar(pagina)
    pagina.goto(f"{pagina.url}deshacer/")
    mirar(pagina)
    pagina.get_by_role("button", name="Sí").first.click()
    cola()
    assert Importacion.objects.filter(por__username="jefa de prueba").exists()


# --- by keyboard, enlarged, and without movement ----------------------------------------------------------------------


def test_the_first_key_offers_to_skip_to_the_contents(contexto):
    pagina = contexto(ANCHO, entra=False).new_page()
    pagina.goto("/demandas/")
    pagina.keyboard.press("Tab")
    expect(pagina.locator(".saltar").first).to_be_focused()
    pagina.keyboard.press("Enter")
    expect(pagina.locator("main")).to_be_focused()


def test_the_list_of_units_can_be_skipped_to_the_map(contexto):
    pagina = contexto(ANCHO, entra=False).new_page()
    pagina.goto("/mapas/demanda/?nivel=comunidad")
    esperar_mapa(pagina)
    pagina.locator("[data-buscar]").focus()
    pagina.keyboard.press("Tab")
    expect(pagina.locator(".unidades .saltar")).to_be_focused()
    pagina.keyboard.press("Enter")
    expect(pagina.locator("#mapa")).to_be_focused()


@pytest.mark.parametrize("ruta", ["/demandas/", "/mapas/demanda/", "/entrar/"])
def test_what_has_the_focus_is_seen_to_have_it(contexto, ruta):
    pagina = contexto(ANCHO, entra=False).new_page()
    pagina.goto(ruta)
    for _tecla in range(14):
        pagina.keyboard.press("Tab")
        marca = pagina.evaluate(
            """() => {
                const uno = document.activeElement, estilo = getComputedStyle(uno);
                const marcado = estilo.outlineStyle !== "none" && parseFloat(estilo.outlineWidth) >= 2
                    || estilo.boxShadow !== "none";
                return [uno.outerHTML.slice(0, 120), marcado || uno === document.body];
            }"""
        )
        assert marca[1], marca[0]


@pytest.mark.parametrize("ruta", ["/", "/demandas/", "/proyectos/", "/mapas/demanda/", "/entrar/", "/territorio/"])
def test_at_twice_the_size_nothing_is_lost_on_a_phone(contexto, ruta):
    """A telephone of 360 pixels enlarged to 200 %: half as many to lay out, and none to the side."""
    hecho = contexto(TELEFONO, entra=False)
    pagina = hecho.new_page()
    pagina.set_viewport_size({"width": 180, "height": 370})
    pagina.goto(ruta)
    assert ancho_del_documento(pagina) <= 180


def test_nothing_moves_for_who_asked_for_stillness(contexto):
    pagina = contexto(TELEFONO, entra=False).new_page()
    pagina.goto("/mapas/demanda/")
    esperar_mapa(pagina)
    quedan = pagina.evaluate(
        """() => [...document.querySelectorAll("*")].filter(uno => {
            const { transitionDuration, animationDuration } = getComputedStyle(uno);
            return [...transitionDuration.split(","), ...animationDuration.split(",")].some(d => parseFloat(d) > 0.01);
        }).map(uno => uno.outerHTML.slice(0, 100))"""
    )
    assert quedan == []
