"""One server over the invented municipality and one Chromium, for all the walks.

Both live as long as this package's tests. The demo is committed, so that the server's own connections see it, and
flushed when the last walk is over: other tests neither see its rows nor lose theirs.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicRegistry

from territorio.importacion.deshacer import deshacer
from territorio.models import Importacion, Municipio

ANCHO, TELEFONO = 1280, 360
ALTO = {ANCHO: 800, TELEFONO: 740}
# Long enough for a machine that does other things besides; what is quick is measured where a figure is promised.
ESPERA_MS = 20_000
expect.set_options(timeout=ESPERA_MS)
OPCIONES_DE_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    aqui = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(aqui):
            item.add_marker(pytest.mark.navegador)
            item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="package")
def carpeta_var(tmp_path_factory) -> Iterator[Path]:
    """A `var/` of our own: cargar_demo writes the password of its users there, and what a walk brings stays for others."""
    carpeta = tmp_path_factory.mktemp("var")
    with override_settings(VAR_DIR=carpeta, MEDIA_ROOT=carpeta / "privado"):
        yield carpeta


@pytest.fixture(scope="package")
def demo(django_db_setup, django_db_blocker, carpeta_var) -> Iterator[None]:
    cache.clear()
    with django_db_blocker.unblock():
        call_command("cargar_demo", stdout=StringIO())
        yield
        # Sends post_migrate again, which brings the catalogues back.
        call_command("flush", interactive=False, verbosity=0)
    cache.clear()


@pytest.fixture(scope="package")
def servidor(demo) -> Iterator[str]:
    """Address of a server over the demo."""
    with override_settings(ALLOWED_HOSTS=["localhost", "testserver"]):
        hilo = LiveServerThread("localhost", static_handler=StaticFilesHandler)
        hilo.daemon = True
        hilo.start()
        hilo.is_ready.wait()
        if hilo.error:
            raise hilo.error
        yield f"http://localhost:{hilo.port}"
        hilo.terminate()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    programa = shutil.which("chromium")
    if programa is None:
        pytest.skip("no hay Chromium: instálelo (en Debian, `apt-get install chromium`) para recorrer las páginas")
    # Playwright keeps an event loop in this thread, where Django would then refuse the database.
    antes = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        navegador = playwright.chromium.launch(executable_path=programa, args=OPCIONES_DE_CHROMIUM)
        yield navegador
        navegador.close()
        connections.close_all()  # a thread with an event loop has connections of its own, out of reach once it stops
    if antes is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = antes


@dataclass
class Navegacion:
    """Opens pages and watches them: none may ask another host, or complain in the console."""

    chromium: Browser
    servidor: str
    ajenos: list[str] = field(default_factory=list)
    quejas: list[str] = field(default_factory=list)
    _guardados: dict[int, BrowserContext] = field(default_factory=dict)
    _del_paseo: list[BrowserContext] = field(default_factory=list)

    def contexto(self, ancho: int = ANCHO, **opciones) -> BrowserContext:
        """A reader who never was here; at 360 pixels, with a finger."""
        contexto = self._nuevo(ancho, **opciones)
        self._del_paseo.append(contexto)
        return contexto

    def abrir(self, ruta: str, ancho: int = ANCHO, **opciones) -> Page:
        """A page of a reader without session or language, whose browser may already have the styles and the scripts."""
        if opciones:
            contexto = self.contexto(ancho, **opciones)
        else:
            if ancho not in self._guardados:
                self._guardados[ancho] = self._nuevo(ancho)
            contexto = self._guardados[ancho]
        pagina = contexto.new_page()
        pagina.goto(ruta)
        return pagina

    def _nuevo(self, ancho: int, **opciones) -> BrowserContext:
        telefono = {"is_mobile": True, "has_touch": True} if ancho == TELEFONO else {}
        contexto = self.chromium.new_context(
            base_url=self.servidor,
            viewport={"width": ancho, "height": ALTO[ancho]},
            locale="es-BO",
            reduced_motion="reduce",
            **telefono | opciones,
        )
        contexto.set_default_timeout(ESPERA_MS)
        contexto.on("request", self._pedido)
        contexto.on("console", self._mensaje)
        contexto.on("weberror", lambda error: self.quejas.append(str(error.error)))
        return contexto

    def _pedido(self, pedido: Request) -> None:
        partes = urlsplit(pedido.url)
        if partes.scheme not in {"data", "blob", "about"} and f"{partes.scheme}://{partes.netloc}" != self.servidor:
            self.ajenos.append(pedido.url)

    def _mensaje(self, mensaje: ConsoleMessage) -> None:
        if mensaje.type == "error":
            self.quejas.append(f"{mensaje.text} ({mensaje.location.get('url')})")

    def terminar_paseo(self) -> None:
        while self._del_paseo:
            self._del_paseo.pop().close()
        for contexto in self._guardados.values():
            for pagina in contexto.pages:
                pagina.close()
            contexto.clear_cookies()


@pytest.fixture(scope="package")
def ventana(chromium, servidor) -> Navegacion:
    return Navegacion(chromium, servidor)


@pytest.fixture
def navegacion(ventana) -> Iterator[Navegacion]:
    ventana.ajenos.clear()
    ventana.quejas.clear()
    yield ventana
    ventana.terminar_paseo()
    assert ventana.ajenos == [], "la página pidió algo a otro servidor"
    assert ventana.quejas == [], "la consola del navegador tiene errores"


@pytest.fixture
def abrir(navegacion) -> Callable[..., Page]:
    return navegacion.abrir


@pytest.fixture
def municipio(demo) -> Municipio:
    return Municipio.objects.get(codigo="990101")


@pytest.fixture
def clave_demo(demo, carpeta_var) -> str:
    """The password that cargar_demo made for its users."""
    lineas = (carpeta_var / "demo_usuarios.txt").read_text(encoding="utf-8").splitlines()
    return next(linea for linea in lineas if "planificadora" in linea).split()[1]


@pytest.fixture
def retratar() -> Callable[[Page, str], None]:
    """Keep a picture of the page in the folder named by MINKA_FOTOS, where there is one."""
    carpeta = os.environ.get("MINKA_FOTOS")

    def retrato(pagina: Page, nombre: str) -> None:
        if carpeta:
            Path(carpeta).mkdir(parents=True, exist_ok=True)
            entera = pagina.locator(".mapa-pagina").count() == 0
            pagina.screenshot(path=f"{carpeta}/{nombre}.png", full_page=entera)

    return retrato


# --- the queue --------------------------------------------------------------------------------------------------------


@pytest.fixture
def carpeta_privada(tmp_path) -> Iterator[Path]:
    with override_settings(MEDIA_ROOT=tmp_path / "privado"):
        yield tmp_path


def aparte(que: Callable[[], None]) -> None:
    """Do something in a thread of its own, and so outside the test's transaction, which nobody else would see."""

    def hacer() -> None:
        try:
            que()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as hilo:
        hilo.submit(hacer).result(90)


@pytest.fixture
def cola(demo, carpeta_privada, monkeypatch) -> Iterator[Callable[[], None]]:
    """Does all the jobs that wait, as `manage.py procrastinate worker` would, and comes back."""

    def obrero() -> None:
        propia = app.with_connector(app.connector.get_worker_connector())
        propia.periodic_registry = PeriodicRegistry()  # only what the walk asks for
        propia.run_worker(
            wait=False, install_signal_handlers=False, listen_notify=False, queues=["importaciones", "cargas"]
        )

    # Its threads end with it: no connection of theirs may outlive them and hold the database.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    yield lambda: aparte(obrero)
    aparte(_olvidar)


def _olvidar() -> None:
    """What a walk loaded would be another walk's surprise."""
    del_paseo = Importacion.objects.filter(por__username__in=["tecnico", "jefa de prueba"])
    for importacion in del_paseo.filter(estado="aplicada"):
        deshacer(importacion=importacion)
    del_paseo.delete()
