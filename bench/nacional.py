"""A country's worth of polygons: 25,000 communities that share jagged borders, the districts above them, and demands."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

CODIGO = "990199"
LADO = 0.012  # degrees: a community of about 1.3 km
ORIGEN = (-66.0, -19.0)
POR_LADO = 15  # vertices along each of the four sides that a community shares with its neighbours


@dataclass(frozen=True)
class Nacional:
    """Files of the made-up country, and what stands in them."""

    carpeta: Path
    columnas: int = 200
    filas: int = 125
    distritos_x: int = 5
    distritos_y: int = 4

    @property
    def comunidades(self) -> int:
        return self.columnas * self.filas

    def archivo(self, que: str) -> Path:
        return self.carpeta / f"{que}.geojson"

    def escribir(self) -> None:
        """Write `municipio`, `distritos`, `comunidades` and `comunidades_otra_vez`; the same bytes in every run."""
        lineas = _Bordes(self.columnas, self.filas)
        ancho, alto = self.columnas // self.distritos_x, self.filas // self.distritos_y
        cortes_y = [j * alto for j in range(self.distritos_y)] + [self.filas]
        municipio = lineas.poligono(0, 0, self.columnas, self.filas)
        _guardar(self.archivo("municipio"), [({"codigo": CODIGO, "nombre": "País de prueba"}, municipio)])
        distritos = []
        for j in range(self.distritos_y):
            for i in range(self.distritos_x):
                caja = (i * ancho, cortes_y[j], (i + 1) * ancho, cortes_y[j + 1])
                distritos.append(({"codigo": f"D{j}{i}", "nombre": f"Distrito {j}-{i}"}, lineas.poligono(*caja)))
        _guardar(self.archivo("distritos"), distritos)
        # The same border a little and a lot aside: what a corrected district changes.
        _guardar(self.archivo("distrito_poco"), [(distritos[0][0], _corrida(lineas, ancho, cortes_y[1], 0.3))])
        _guardar(self.archivo("distrito_mucho"), [(distritos[0][0], _corrida(lineas, ancho, cortes_y[1], 8.0))])
        comunidades = []
        for n in range(self.comunidades):
            x, y = n % self.columnas, n // self.columnas
            forma = lineas.poligono(x, y, x + 1, y + 1)
            if n % 500 == 7:  # disputed with the neighbour to the east
                forma = shapely.affinity.scale(forma, 1.04, 1.0)
            elif n % 500 == 11:  # a gap that nobody claims
                forma = shapely.affinity.scale(forma, 0.96, 1.0)
            comunidades.append(({"codigo": f"C{n:05}", "nombre": f"Comunidad {n}"}, forma))
        _guardar(self.archivo("comunidades"), comunidades)

    def puntos(self, cuantos: int, semilla: int = 2) -> np.ndarray:
        """Random places of the country, as (n, 2) degrees."""
        azar = np.random.default_rng(semilla)
        return azar.random((cuantos, 2)) * (self.columnas * LADO, self.filas * LADO) + ORIGEN


class _Bordes:
    """The border lines of a grid, each drawn once: both neighbours get the very same vertices."""

    def __init__(self, columnas: int, filas: int) -> None:
        azar = np.random.default_rng(1)
        pasos = np.linspace(0, 1, POR_LADO, endpoint=False)
        ruido = 0.009
        esquina_x, esquina_y = np.meshgrid(np.arange(columnas + 1.0), np.arange(filas + 1.0))
        esquina_x += azar.normal(0, 0.06, esquina_x.shape)
        esquina_y += azar.normal(0, 0.06, esquina_y.shape)
        esquinas = np.stack([esquina_x, esquina_y], axis=-1)

        def tramos(desde: np.ndarray, hasta: np.ndarray) -> np.ndarray:
            rectos = desde[:, :, None, :] + (hasta - desde)[:, :, None, :] * pasos[None, None, :, None]
            rectos[:, :, 1:] += azar.normal(0, ruido, rectos[:, :, 1:].shape)
            return np.round(rectos * LADO + ORIGEN, 7)

        self.horizontales = tramos(esquinas[:, :-1], esquinas[:, 1:])
        self.verticales = tramos(esquinas[:-1], esquinas[1:])
        self.esquinas = np.round(esquinas * LADO + ORIGEN, 7)

    def poligono(self, x1: int, y1: int, x2: int, y2: int) -> shapely.Polygon:
        """The union of the cells between these grid lines, by their common borders."""
        abajo = self.horizontales[y1, x1:x2].reshape(-1, 2)
        derecha = self.verticales[y1:y2, x2].reshape(-1, 2)
        arriba = np.vstack([self.horizontales[y2, x1:x2].reshape(-1, 2), self.esquinas[y2, x2]])[1:][::-1]
        izquierda = np.vstack([self.verticales[y1:y2, x1].reshape(-1, 2), self.esquinas[y2, x1]])[1:][::-1]
        return shapely.Polygon(np.vstack([abajo, derecha, arriba, izquierda]))


def _corrida(lineas: _Bordes, ancho: int, alto: int, cuanto: float) -> shapely.Polygon:
    """The first district with the middle of its eastern border pushed east by `cuanto` cells."""
    distrito = lineas.poligono(0, 0, ancho, alto)
    x, y = ORIGEN[0] + ancho * LADO, ORIGEN[1] + alto * LADO * 0.5
    mitad = max(cuanto, 4.0) * LADO / 2
    saliente = shapely.box(x - LADO, y - mitad, x + cuanto * LADO, y + mitad)
    return shapely.union(distrito, saliente)


def _guardar(ruta: Path, rasgos: list[tuple[dict, shapely.Geometry]]) -> None:
    with ruta.open("w", encoding="utf-8") as archivo:
        archivo.write('{"type": "FeatureCollection", "features": [\n')
        for n, (propiedades, forma) in enumerate(rasgos):
            forma = forma if forma.is_valid else shapely.make_valid(forma, method="structure")
            archivo.write(",\n" if n else "")
            archivo.write(
                f'{{"type": "Feature", "properties": {json.dumps(propiedades)}, "geometry": {shapely.to_geojson(forma)}}}'
            )
        archivo.write("\n]}\n")
