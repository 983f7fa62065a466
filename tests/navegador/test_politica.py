"""Every page under the security policy: the browser refuses nothing that a page holds, and its console stays silent."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.navegador.conftest import Navegacion
from tests.navegador.test_recorridos import PAGINAS, claves, comunidad  # noqa: F401  (fixtures)

ESCUCHAR = "addEventListener('securitypolicyviolation', e => console.error(`POLÍTICA ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`), true)"
MAS_PAGINAS = {
    "demanda-mapa": "/mapas/demanda/",
    "desatendidas": "/mapas/desatendidas/",
    "cobertura": "/mapas/cobertura-pdm/",
    "ejecucion": "/mapas/ejecucion-poa/",
    "servicios": "/mapas/servicios/",
    "disputas": "/mapas/disputas/",
    "territorio": "/territorio/",
    "equipamientos": "/equipamientos/",
    "historia": "/unidades/{distrito}/historia/",
    "otro-dia": "/mapas/demanda/?fecha=2010-05-01",
}
DE_QUIEN_ENTRA = {
    "importaciones": "/territorio/importaciones/?municipio=990101",
    "unidad-editar": "/territorio/unidades/{comunidad}/editar/",
    "unidad-nueva": "/territorio/unidades/nueva/?municipio=990101",
    "admin": "/admin/",
    "admin-lista": "/admin/cuentas/usuario/",
    "admin-uno": "/admin/cuentas/usuario/add/",
    "admin-membresia": "/admin/territorio/membresia/add/",
}


def recorrer(pagina, rutas: list[str]) -> None:
    for ruta in rutas:
        respuesta = pagina.goto(ruta)
        assert respuesta.status == 200, ruta
        politica = respuesta.headers["content-security-policy"]
        assert "unsafe" not in politica
        pagina.wait_for_load_state("networkidle")


def test_no_page_holds_what_the_policy_refuses(navegacion: Navegacion, claves):  # noqa: F811
    contexto = navegacion.contexto()
    contexto.add_init_script(ESCUCHAR)
    recorrer(contexto.new_page(), [ruta.format(**claves) for ruta in (PAGINAS | MAS_PAGINAS).values()])


@pytest.fixture
def sesion(servidor) -> dict[str, str]:
    """A superuser\'s session, as a cookie."""
    persona = get_user_model().objects.create_superuser("quien-mira-todo")
    cliente = Client()
    cliente.force_login(persona)
    yield {"name": "sessionid", "value": cliente.cookies["sessionid"].value, "url": servidor}
    persona.delete()


def test_nor_does_any_page_of_who_signed_in_or_the_admin_site(navegacion: Navegacion, claves, sesion):  # noqa: F811
    contexto = navegacion.contexto()
    contexto.add_cookies([sesion])
    contexto.add_init_script(ESCUCHAR)
    recorrer(contexto.new_page(), [ruta.format(**claves) for ruta in DE_QUIEN_ENTRA.values()])


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
