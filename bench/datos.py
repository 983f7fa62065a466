"""Data to measure on: La Paz where the folder of real data is there, else a made-up city of the same size."""

import csv
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

RAIZ = Path(__file__).resolve().parent.parent
REALES = Path(os.environ.get("MINKA_DATOS", RAIZ.parent / "shared" / "datos"))
LADO = 26  # 26 × 26 blocks, of which 643 are kept: as many as La Paz has OTBs
DISTRITOS = 23


@dataclass(frozen=True)
class Paso:
    """One command of the load: its name and arguments."""

    que: str
    comando: str
    argumentos: list[str]


@dataclass(frozen=True)
class Ciudad:
    """A municipality to measure on."""

    nombre: str
    codigo: str
    preparacion: list[Paso]
    otbs: Paso
    obras: Paso


def ciudad(carpeta: Path) -> Ciudad:
    """La Paz, or the made-up city written to `carpeta`."""
    return _la_paz() if (REALES / "lapaz" / "otbs.geojson").exists() else _inventada(carpeta)


def _la_paz() -> Ciudad:
    lapaz, codigo = REALES / "lapaz", "020101"
    de_aqui = ["--municipio", codigo]
    return Ciudad(
        "La Paz (datos reales)",
        codigo,
        [
            Paso(
                "343 municipios",
                "importar_limites",
                [str(REALES / "bolivia" / "municipios.geojson"), "--nivel", "municipio", "--censo", "2024"],
            ),
            Paso(
                "9 macrodistritos",
                "importar_limites",
                [
                    *(str(lapaz / "macrodistritos.geojson"), "--nivel", "macrodistrito", "--codigo", "cod_macro"),
                    *("--nombre", "macro_vige", *de_aqui),
                ],
            ),
            Paso(
                "23 distritos",
                "importar_limites",
                [
                    *(str(lapaz / "distritos.geojson"), "--nivel", "distrito", "--codigo", "distrito"),
                    *("--padre", "cod_macro", "--nivel-padre", "macrodistrito", *de_aqui),
                ],
            ),
        ],
        Paso(
            "643 OTB",
            "importar_limites",
            [
                *(str(lapaz / "otbs.geojson"), "--nivel", "otb", "--nombre", "nom_otb"),
                *("--padre", "distrito", "--nivel-padre", "distrito", *de_aqui),
            ],
        ),
        Paso(
            "1.019 obras",
            "importar_proyectos",
            [
                str(lapaz / "obras_2020_2022.csv"),
                "--nivel",
                "otb",
                "--columnas",
                "otb=unidad",
                "objeto=nombre",
                *de_aqui,
            ],
        ),
    )


def _inventada(carpeta: Path) -> Ciudad:
    """A grid of blocks with wavy borders, in columns of districts; seeded, so that each run measures the same."""
    azar, codigo = random.Random(1), "990109"
    municipio = [_poligono(-65.5, -17.9, 0.26, 0.26)]
    _escribir(carpeta / "municipio.geojson", [({"codigo": codigo, "nombre": "Ciudad de prueba"}, municipio[0])])
    ancho = 0.26 / DISTRITOS
    _escribir(
        carpeta / "distritos.geojson",
        [({"codigo": str(i + 1)}, _poligono(-65.5 + i * ancho, -17.9, ancho, 0.26)) for i in range(DISTRITOS)],
    )
    otbs = []
    for n in range(643):
        x, y = n % LADO, n // LADO
        otbs.append(
            ({"codigo": f"U{n:03}", "nombre": f"Barrio {n}"}, _poligono(-65.5 + x * 0.01, -17.9 + y * 0.01, 0.01, 0.01))
        )
    _escribir(carpeta / "otbs.geojson", otbs)
    with (carpeta / "obras.csv").open("w", newline="", encoding="utf-8") as archivo:
        escritor = csv.writer(archivo)
        escritor.writerow(["codigo", "nombre", "unidad", "estado"])
        for n in range(1019):
            escritor.writerow(
                [
                    f"O{n}",
                    f"Obra {n}",
                    f"U{azar.randrange(643):03}",
                    azar.choice(["contratado", "concluido", "anulado"]),
                ]
            )
    de_aqui = ["--municipio", codigo]
    return Ciudad(
        "una ciudad inventada de 643 OTB",
        codigo,
        [
            Paso("municipio", "importar_limites", [str(carpeta / "municipio.geojson"), "--nivel", "municipio"]),
            Paso(
                "distritos", "importar_limites", [str(carpeta / "distritos.geojson"), "--nivel", "distrito", *de_aqui]
            ),
        ],
        Paso("643 OTB", "importar_limites", [str(carpeta / "otbs.geojson"), "--nivel", "otb", *de_aqui]),
        Paso("1.019 obras", "importar_proyectos", [str(carpeta / "obras.csv"), "--nivel", "otb", *de_aqui]),
    )


def _poligono(x: float, y: float, ancho: float, alto: float) -> dict:
    """A rectangle with 60 vertices a side, as many as a surveyed border has."""
    n = 60
    lados = [(x + ancho * i / n, y) for i in range(n)] + [(x + ancho, y + alto * i / n) for i in range(n)]
    lados += [(x + ancho - ancho * i / n, y + alto) for i in range(n)] + [
        (x, y + alto - alto * i / n) for i in range(n)
    ]
    anillo = [[round(a, 7), round(b, 7)] for a, b in [*lados, lados[0]]]
    return {"type": "Polygon", "coordinates": [anillo]}


def _escribir(ruta: Path, rasgos: list[tuple[dict, dict]]) -> None:
    coleccion = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": p, "geometry": g} for p, g in rasgos],
    }
    ruta.write_text(json.dumps(coleccion), encoding="utf-8")
