"""What a reader does and reads on a map page."""

import re
from typing import Any

from django.db.models import Exists, OuterRef, Q
from playwright.sync_api import Locator, Page, expect

from territorio.models import Limite, Metodo, Municipio, UnidadTerritorial

MAPAS = ["demanda", "desatendidas", "cobertura-pdm", "ejecucion-poa"]


def esperar_mapa(pagina: Page) -> None:
    """Until the outlines are drawn."""
    pagina.wait_for_selector(".folium-map[data-unidades]", state="attached")


def poligonos(pagina: Page) -> Locator:
    """The drawn units, polygons and points."""
    return pagina.locator(".folium-map path[data-id]")


def con_lugar(municipio: Municipio, nivel: str) -> list[UnidadTerritorial]:
    """The units of a level that have a limit or a point: those that can be drawn."""
    limite = Limite.objects.en_vigor().filter(unidad=OuterRef("pk"))
    del_nivel = UnidadTerritorial.objects.filter(municipio=municipio, nivel__codigo=nivel)
    return list(del_nivel.filter(Exists(limite) | Q(punto__isnull=False)))


def nivel_de(pagina: Page) -> str:
    return pagina.locator("select[name=nivel]").input_value()


def frase(pagina: Page) -> str:
    return pagina.locator("h1.frase").inner_text()


def ancho_del_documento(pagina: Page) -> int:
    """Pixels; more than the screen has means that the page moves sideways."""
    return pagina.evaluate("document.documentElement.scrollWidth")


def numero(texto: str) -> float:
    """A figure as it is written in Spanish: `1.234,5 %`."""
    return float(re.sub(r"[^\d,-]", "", texto).replace(",", "."))


def filas_de_la_tabla(pagina: Page) -> dict[int, list[str]]:
    """Cells of figures by unit, in the order of the columns. Reads the document, whether or not the tab is open."""
    return {
        int(pk): celdas
        for pk, celdas in pagina.locator(".cifras-tabla tbody tr").evaluate_all(
            "filas => filas.map(f => [f.dataset.id, [...f.querySelectorAll('td')].map(c => c.textContent.trim())])"
        )
    }


def lo_mismo_que(datos: dict[str, Any], filas: dict[int, list[str]]) -> None:
    """The table has the rows of the API's answer, with the same figures as far as they are written."""
    assert list(filas) == [fila["id"] for fila in datos["filas"]]
    etiquetas = {clase["clave"]: clase["etiqueta"] for clase in datos["clases"]}
    for fila in datos["filas"]:
        for columna, celda in zip(datos["columnas"], filas[fila["id"]], strict=False):
            valor = fila[columna["clave"]]
            if valor is None:
                assert celda == ("" if columna["tipo"] in {"texto", "metodo"} else "sin datos")
            elif columna["tipo"] in {"texto", "paso"}:
                assert celda == etiquetas.get(valor, valor)
            elif columna["tipo"] == "metodo":
                assert celda == Metodo(valor).label
            else:
                margen = {"entero": 0.5, "bs": 0.005}.get(columna["tipo"], 0.05) + 1e-6
                assert abs(numero(celda) - valor) <= margen, (fila["nombre"], columna["titulo"])


def pulsar_unidad(pagina: Page) -> int:
    """Click on the map where nothing lies over a unit; says which unit."""
    x, y, pk = pagina.evaluate("""() => {
        const caja = document.querySelector(".folium-map").getBoundingClientRect();
        for (let v = 0.5, paso = 0; paso < 400; paso += 1) {
            // A sunflower from the middle outwards.
            const r = 0.45 * Math.sqrt(paso / 400), a = paso * 2.399963;
            const x = caja.x + caja.width * (v + r * Math.cos(a)), y = caja.y + caja.height * (v + r * Math.sin(a));
            const debajo = document.elementFromPoint(x, y);
            if (debajo?.matches("path[data-id]")) return [x, y, Number(debajo.dataset.id)];
        }
        return [0, 0, 0];
    }""")
    assert pk, "no se encontró una unidad donde pulsar"
    pagina.mouse.click(x, y)
    return pk


def ver_ficha(pagina: Page, unidad: UnidadTerritorial) -> Locator:
    """The panel of the chosen unit, checked to be the one of `unidad` and to carry figures and a link to its page."""
    ficha = pagina.locator("#ficha")
    expect(ficha.locator("h2")).to_have_text(unidad.nombre)
    assert ficha.locator("dd").count() > 0
    expect(ficha.get_by_role("link")).to_have_attribute("href", re.compile(rf"/unidades/{unidad.pk}/$"))
    return ficha


def nada_encima(uno: Locator) -> None:
    """The element can be pressed or read in its middle: neither header, sheet nor edge hides it, once at rest."""
    expect(uno).to_be_visible()
    uno.page.wait_for_function(
        """uno => {
            const { x, y, width, height } = uno.getBoundingClientRect();
            const encima = document.elementFromPoint(x + width / 2, y + height / 2);
            return encima && (uno.contains(encima) || encima.contains(uno));
        }""",
        arg=uno.element_handle(),
    )
