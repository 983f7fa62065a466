"""Every page under the security policy: the browser refuses nothing that a page holds, and its console stays silent."""

from playwright.sync_api import Page

from tests.navegador.conftest import Navegacion
from tests.navegador.test_accesibilidad import DE_MIEMBROS, PAGINAS, _callar_estados, galleta, ids  # noqa: F401

ESCUCHAR = """
addEventListener("securitypolicyviolation", (e) => {
  console.error(`POLÍTICA ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`);
}, true);
"""
MAS_PAGINAS = ["/mapas/demanda/?fecha=2010-05-01", "/mapas/demanda/?nivel=comunidad&influencia=1", "/buscar/?q=zzzz"]
DEL_SITIO_DE_ADMINISTRACION = ["/admin/", "/admin/cuentas/usuario/", "/admin/cuentas/usuario/add/"]


def recorrer(pagina: Page, ruta: str, estados: tuple[int, ...] = (200,)) -> None:
    respuesta = pagina.goto(ruta)
    assert respuesta.status in estados, ruta
    politica = respuesta.headers["content-security-policy"]
    assert "unsafe" not in politica
    assert "script-src 'self'" in politica
    pagina.wait_for_load_state("networkidle")


def test_no_page_holds_what_the_policy_refuses(navegacion: Navegacion, ids):  # noqa: F811
    contexto = navegacion.contexto()
    contexto.add_init_script(ESCUCHAR)
    pagina = contexto.new_page()
    for una in (una for una in PAGINAS.values() if not una.entra):
        recorrer(pagina, una.ruta % ids[una.de] if una.de else una.ruta, una.estados)
        _callar_estados(navegacion, una.estados)
    for ruta in MAS_PAGINAS:
        recorrer(pagina, ruta)


def test_nor_does_any_page_of_who_signed_in_or_the_admin_site(navegacion: Navegacion, ids, galleta):  # noqa: F811
    contexto = navegacion.contexto()
    contexto.add_cookies([galleta])
    contexto.add_init_script(ESCUCHAR)
    pagina = contexto.new_page()
    for una in (una for nombre, una in PAGINAS.items() if una.entra or nombre in DE_MIEMBROS):
        recorrer(pagina, una.ruta % ids[una.de] if una.de else una.ruta, una.estados)
        _callar_estados(navegacion, una.estados)
    for ruta in DEL_SITIO_DE_ADMINISTRACION:
        recorrer(pagina, ruta)
    # Django's own pages name no icon, and the browser looks for one.
    navegacion.quejas[:] = [queja for queja in navegacion.quejas if "favicon.ico" not in queja]


def test_the_browser_does_refuse_an_inline_script_and_style(navegacion: Navegacion):
    """Else the two walks above would prove nothing."""
    contexto = navegacion.contexto()
    contexto.add_init_script(ESCUCHAR)
    pagina = contexto.new_page()
    pagina.goto("/entrar/")
    pagina.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    pagina.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.entro = 1'}))"
    )
    pagina.wait_for_timeout(100)
    assert pagina.evaluate("window.entro") is None
    assert {queja.split()[1] for queja in navegacion.quejas if "POLÍTICA" in queja} == {
        "style-src-attr",
        "script-src-elem",
    }
    navegacion.quejas.clear()
