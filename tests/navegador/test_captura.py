"""Demands registered on a phone: step by step, without network, after a lost answer; each of them once."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from demandas.models import AdjuntoDeDemanda, Demanda, PasoDeDemanda
from tests import imagenes
from tests.navegador.conftest import ALTO, OPCIONES_DE_CHROMIUM, TELEFONO, aparte
from tests.navegador.pasos import ancho_del_documento, nada_encima

RUTA = "/demandas/nueva/"
# The browser would call the worker when it pleases; what it sends, no route of a test holds up.
SIN_SEGUNDO_PLANO = """
if (self.ServiceWorkerRegistration) Object.defineProperty(ServiceWorkerRegistration.prototype, "sync", { value: undefined });
"""
DEMANDAS, ARCHIVOS = "**/api/v1/demandas/", "**/api/v1/archivos/"
AQUI = {"longitude": -65.45, "latitude": -17.85, "accuracy": 14}
# Larger than what a phone keeps, and taken somewhere.
CAMARA = {"lugar": (-65.45, -17.85), "orientacion": 6}
FOTO = {"name": "pozo.jpg", "mimeType": "image/jpeg", "buffer": imagenes.foto(ancho=2600, alto=1300, **CAMARA)}


@pytest.fixture
def registradas(demo) -> Iterator[Callable[[], list[Demanda]]]:
    """The demands that the walk registered; gone with it."""
    antes = set(Demanda.objects.values_list("pk", flat=True))
    nuevas = Demanda.objects.exclude(pk__in=antes).order_by("codigo")

    def borrar() -> None:
        suyas = Demanda.objects.exclude(pk__in=antes)
        PasoDeDemanda.objects.filter(demanda__in=suyas).delete()
        AdjuntoDeDemanda.objects.filter(demanda__in=suyas).delete()
        suyas.delete()

    yield lambda: list(nuevas.all())
    aparte(borrar)


@pytest.fixture
def clave(clave_demo) -> str:
    """Of two members, who enter in turn: the people of the demo share one."""
    return clave_demo


def entrar(contexto: BrowserContext, clave: str, quien: str = "facilitadora", ruta: str = RUTA) -> Page:
    contexto.clear_cookies()
    pagina = contexto.pages[0] if contexto.pages else contexto.new_page()
    pagina.goto(f"/entrar/?next={ruta}")
    pagina.get_by_label("Usuario").fill(quien)
    pagina.get_by_label("Contraseña").fill(clave)
    with pagina.expect_navigation():
        pagina.get_by_role("main").get_by_role("button", name="Entrar").click()
    return pagina


@pytest.fixture
def telefono(navegacion, clave) -> Page:
    """The page, open on a phone whose worker already keeps it."""
    contexto = navegacion.contexto(TELEFONO, geolocation=AQUI, permissions=["geolocation"])
    contexto.add_init_script(SIN_SEGUNDO_PLANO)
    return lista(entrar(contexto, clave))


def lista(pagina: Page) -> Page:
    expect(pagina.get_by_text("ya abre sin red")).to_be_visible()
    return pagina


def siguiente(pagina: Page, veces: int = 1) -> None:
    for _ in range(veces):
        pagina.locator("[data-siguiente]").click()


def que_se_pide(pagina: Page) -> Locator:
    return pagina.get_by_role("textbox", name="¿Qué se pide?")


def escribir(pagina: Page, titulo: str) -> None:
    """A demand with its title and community, up to its last screen."""
    que_se_pide(pagina).fill(titulo)
    siguiente(pagina)
    pagina.get_by_label("¿De qué comunidad").fill("chaska pampa")
    pagina.locator("[data-unidades] button").first.click()
    siguiente(pagina, 5)
    expect(pagina.get_by_text("Revise y envíe")).to_be_visible()


def mandar(pagina: Page) -> None:
    pagina.get_by_role("button", name="Guardar y enviar").click()


def estados(pagina: Page) -> dict[str, str]:
    """Of each draft in the list, by its title."""
    if pagina.locator("[data-lista]").is_hidden():
        pagina.locator("[data-ver-lista]").click()
    filas = pagina.locator("[data-lista-filas] li[data-estado]").evaluate_all(
        "filas => filas.map(f => [f.querySelector('strong, a').textContent, f.dataset.estado])"
    )
    return {titulo.split(" · ")[-1]: estado for titulo, estado in filas}


def perder_la_respuesta(ruta: Route) -> None:
    """The server has done it all; the phone never hears of it."""
    ruta.fetch()
    ruta.abort()


def vuelve_la_red(pagina: Page) -> None:
    """As the browser says it, which sends at once what would wait for its next time."""
    pagina.evaluate("() => window.dispatchEvent(new Event('online'))")


def callar(navegacion) -> None:
    """The browser complains of each request that finds no network or is answered 4xx: here they are meant."""
    meant = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "status of 409", "status of 400")
    navegacion.quejas[:] = [queja for queja in navegacion.quejas if not any(una in queja for una in meant)]


def test_a_demand_is_registered_step_by_step_with_its_place_persons_and_photo(telefono, registradas, retratar):
    pagina = telefono
    siguiente(pagina)
    expect(pagina.get_by_text("Escriba qué se pide.")).to_be_visible()
    que_se_pide(pagina).fill("Agua para la escuela")
    pagina.get_by_label("Sector").select_option("11")
    siguiente(pagina)
    pagina.get_by_label("¿De qué comunidad").fill("chaska PAMPA")  # Ch'aska Pampa
    pagina.locator("[data-unidades] button").first.click()
    pagina.get_by_role("button", name="Aquí, donde estoy").click()
    expect(pagina.get_by_text("unos 14 m de error")).to_be_visible()
    pagina.get_by_role("button", name="Línea").click()
    mapa = pagina.locator("[data-mapa]")
    pagina.locator(".leaflet-container").wait_for()
    for x in (80, 160, 240):
        mapa.click(position={"x": x, "y": 150 + x // 4})
    pagina.get_by_role("button", name="Quitar el último").click()
    expect(pagina.locator("[data-lugar-resumen]")).to_contain_text("Una línea de 2 vértices")
    retratar(pagina, "captura_mapa_360")
    siguiente(pagina)
    pagina.get_by_text("Mujeres", exact=True).first.click()
    siguiente(pagina)
    pagina.get_by_label("mujeres, jóvenes").fill("7")
    pagina.get_by_label("hombres, adultos", exact=True).fill("5")
    expect(pagina.get_by_text("12 personas: 7 mujeres y 5 hombres.")).to_be_visible()
    siguiente(pagina)
    pagina.get_by_label("Puesto acordado").fill("0")
    siguiente(pagina)
    expect(pagina.get_by_text("Debe ser un número entero, de 1 a 1000.")).to_be_visible()
    pagina.get_by_label("Puesto acordado").fill("2")
    pagina.get_by_label("Lo que pone la comunidad").fill("1.500,50")
    siguiente(pagina)
    pagina.get_by_label("Tome o elija fotos").set_input_files(FOTO)
    expect(pagina.get_by_alt_text("Foto 1")).to_be_visible()
    siguiente(pagina)
    nada_encima(pagina.get_by_role("button", name="Guardar y enviar"))
    pagina.go_back()  # the phone's own: nothing is lost
    expect(pagina.get_by_text("¿Hay fotos?", exact=True)).to_be_visible()
    siguiente(pagina)
    retratar(pagina, "captura_revisar_360")
    assert ancho_del_documento(pagina) <= TELEFONO
    mandar(pagina)
    expect(pagina.get_by_role("heading", name="Se registró como DEM-")).to_be_visible()
    (una,) = registradas()
    assert (una.titulo, una.sector.codigo, una.grupo, una.ubicada_por) == (
        "Agua para la escuela", "11", "mujeres", "propia",
    )  # fmt: skip
    assert una.proponente.nombre.startswith("Ch'aska Pampa")
    assert una.linea.num_points == 2
    assert (una.beneficiarias_mujeres, una.beneficiarios_hombres, str(una.contraparte)) == (7, 5, "1500.50")
    assert [(r.grupo, r.puesto) for r in una.rangos.all()] == [("comunidad", 2)]
    foto = una.adjuntos.get().archivo
    assert (foto.ancho, foto.alto) == (800, 1600), "made smaller, and upright"
    assert (round(foto.punto.x, 4), round(foto.punto.y, 4)) == CAMARA["lugar"], "and it still says where it was taken"
    pagina.get_by_role("button", name="Otra demanda de la misma comunidad").click()
    siguiente_titulo = que_se_pide(pagina)
    expect(siguiente_titulo).to_have_value("")
    siguiente_titulo.fill("Posta")
    siguiente(pagina)
    expect(pagina.locator("[data-elegida-nombre]")).to_contain_text(una.proponente.nombre)


def test_a_demand_and_a_photo_whose_answers_are_lost_enter_once(telefono, navegacion, registradas):
    pagina = telefono
    escribir(pagina, "Riego para la pampa")
    pagina.locator("[data-atras]").click()
    pagina.get_by_label("Tome o elija fotos").set_input_files(FOTO)
    expect(pagina.get_by_alt_text("Foto 1")).to_be_visible()
    siguiente(pagina)
    pagina.context.route(DEMANDAS, perder_la_respuesta)
    pagina.context.route(ARCHIVOS, perder_la_respuesta)
    mandar(pagina)
    expect(pagina.get_by_text("Se enviará sola cuando haya red")).to_be_visible()
    assert len(registradas()) == 1
    assert estados(pagina) == {"Riego para la pampa": "en_espera"}
    pagina.context.unroute(DEMANDAS)
    vuelve_la_red(pagina)
    expect(pagina.locator("[data-lista-filas] a")).to_contain_text("Riego")  # the demand has its code, the photo waits
    pagina.context.unroute(ARCHIVOS)
    vuelve_la_red(pagina)
    expect(pagina.get_by_text("● enviada")).to_be_visible()
    (una,) = registradas()
    assert una.adjuntos.count() == 1
    callar(navegacion)


def test_what_was_written_without_network_outlives_the_browser_and_is_sent_once(
    chromium, servidor, clave, registradas, tmp_path
):
    def abrir() -> BrowserContext:
        contexto = chromium.browser_type.launch_persistent_context(
            tmp_path / "perfil",
            executable_path=shutil.which("chromium"),
            args=OPCIONES_DE_CHROMIUM,
            base_url=servidor,
            locale="es-BO",
            reduced_motion="reduce",
            viewport={"width": TELEFONO, "height": ALTO[TELEFONO]},
        )
        contexto.set_default_timeout(10_000)
        contexto.add_init_script(SIN_SEGUNDO_PLANO)
        return contexto

    contexto = abrir()
    pagina = lista(entrar(contexto, clave))
    pagina.wait_for_function("() => document.querySelector('[data-catalogo-al]').textContent")
    contexto.set_offline(True)
    for titulo in ("Camino", "Posta"):
        escribir(pagina, titulo)
        mandar(pagina)
        expect(pagina.get_by_text("Se enviará sola cuando haya red")).to_be_visible()
        pagina.get_by_role("button", name="Empezar otra").locator("visible=true").click()
    que_se_pide(pagina).fill("A medias")
    expect(pagina.get_by_text("Guardado aquí")).to_be_visible()
    contexto.close()

    contexto = abrir()
    contexto.set_offline(True)
    pagina = contexto.pages[0]
    pagina.goto(RUTA)  # from what the phone keeps
    expect(pagina.get_by_text("Sin conexión: se guarda")).to_be_visible()
    assert estados(pagina) == {"Camino": "en_espera", "Posta": "en_espera", "A medias": "borrador"}
    assert registradas() == []
    contexto.set_offline(False)  # and nobody presses anything
    expect(pagina.get_by_text("● enviada")).to_have_count(2)
    assert estados(pagina) == {"Camino": "enviada", "Posta": "enviada", "A medias": "borrador"}
    assert sorted(una.titulo for una in registradas()) == ["Camino", "Posta"]
    assert all(una.proponente.nombre.startswith("Ch'aska Pampa") for una in registradas())
    contexto.close()


def test_a_draft_changed_after_its_answer_was_lost_is_shown_beside_what_entered(
    telefono, navegacion, registradas, retratar
):
    pagina = telefono
    escribir(pagina, "Escuela")
    pagina.context.route(DEMANDAS, perder_la_respuesta)
    mandar(pagina)
    expect(pagina.get_by_text("Se enviará sola cuando haya red")).to_be_visible()
    estados(pagina)
    pagina.get_by_role("button", name="Seguir").click()
    pagina.context.unroute(DEMANDAS)
    pagina.get_by_role("button", name="cambiar: ¿Qué se pide?").click()
    que_se_pide(pagina).fill("Escuela nueva")
    siguiente(pagina, 6)
    mandar(pagina)
    pagina.get_by_role("button", name="Ver las dos y elegir").click()
    fila = pagina.get_by_role("row", name="qué se pide")
    expect(fila.get_by_role("cell")).to_have_text(["Escuela", "Escuela nueva"])
    retratar(pagina, "captura_conflicto_360")
    assert ancho_del_documento(pagina) <= TELEFONO
    assert [una.titulo for una in registradas()] == ["Escuela"], "nothing was overwritten"
    pagina.get_by_role("button", name="Enviar lo mío como otra demanda").click()
    expect(pagina.get_by_text("● enviada")).to_be_visible()
    assert [una.titulo for una in registradas()] == ["Escuela", "Escuela nueva"]
    callar(navegacion)


def test_another_account_neither_sees_nor_sends_and_leaving_says_what_stays(telefono, navegacion, clave, registradas):
    pagina = telefono
    escribir(pagina, "De la facilitadora")
    pagina.context.set_offline(True)
    mandar(pagina)
    expect(pagina.get_by_text("Se enviará sola cuando haya red")).to_be_visible()
    pagina.context.clear_cookies()  # the session ends meanwhile
    pagina.context.set_offline(False)
    expect(pagina.get_by_text("Su sesión terminó")).to_be_visible()
    assert registradas() == []
    pagina = entrar(pagina.context, clave, "planificadora")
    pagina.locator("[data-ver-lista]").click()
    expect(pagina.get_by_text("Hay 1 por enviar de «facilitadora»")).to_be_visible()
    assert (estados(pagina), registradas()) == ({}, [])
    pagina = entrar(pagina.context, clave, "facilitadora")
    expect(pagina.get_by_text("● enviada")).to_be_visible()
    assert [una.registrada_por.username for una in registradas()] == ["facilitadora"]
    pagina.get_by_role("button", name="Empezar otra").locator("visible=true").click()
    que_se_pide(pagina).fill("Sin enviar")
    expect(pagina.get_by_text("1 pendiente")).to_be_visible()
    dichos: list[str] = []
    pagina.on("dialog", lambda dialogo: (dichos.append(dialogo.message), dialogo.accept()))
    pagina.get_by_role("button", name="Menú").click()
    with pagina.expect_navigation():
        pagina.get_by_role("button", name="salir").click()
    assert "Tiene 1 demandas sin enviar" in dichos[0]
    pagina.wait_for_load_state("networkidle")
    callar(navegacion)
    # What the page was still fetching when the session ended.
    navegacion.quejas[:] = [queja for queja in navegacion.quejas if "status of 403" not in queja]


def test_without_scripts_it_is_one_long_form(navegacion, clave, registradas):
    contexto = navegacion.contexto(TELEFONO, java_script_enabled=False)
    pagina = entrar(contexto, clave)
    pagina.get_by_role("button", name="Registrar la demanda").click()
    expect(pagina.get_by_role("alert").first).to_be_visible()
    que_se_pide(pagina).fill("Agua sin guiones")
    pagina.get_by_role("textbox", name="Lugar exacto").fill("-17,85; -65,45")
    pagina.get_by_label("Tome o elija fotos").set_input_files(FOTO)
    pagina.get_by_role("button", name="Registrar la demanda").click()
    expect(pagina.get_by_role("heading", level=1, name="Agua sin guiones")).to_be_visible()
    (una,) = registradas()
    assert (una.ubicada_por, una.adjuntos.count()) == ("propia", 1)
    callar(navegacion)
