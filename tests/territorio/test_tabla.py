"""Tables as people bring them: separators, encodings, sheets; headers by name or by hand; each error with its row."""

import zipfile
from datetime import datetime

import pytest
from openpyxl import load_workbook

from territorio.importacion.informe import Informe
from territorio.importacion.lector import Opciones
from territorio.importacion.tabla import asignar_columnas, leer_tabla
from tests.archivos import tabla_csv, xlsx

FILAS = [{"código": "007", "título": "Ñandú, agua"}, {"código": "8", "título": "Peña"}]


def leer(ruta, **opciones):
    informe = Informe("prueba", ruta.name)
    return leer_tabla(ruta, Opciones(**opciones), informe), informe


def errores(informe: Informe) -> list[tuple[str, int | None]]:
    return [(p.codigo, p.fila) for p in informe.problemas if p.gravedad == "error"]


# --- CSV --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separador", [",", ";", "\t", "|"])
@pytest.mark.parametrize("codificacion", ["utf-8", "utf-8-sig"])
def test_a_csv_reads_alike_with_any_separator_and_with_or_without_mark(tmp_path, separador, codificacion):
    tabla, informe = leer(tabla_csv(tmp_path / "t.csv", FILAS, separador=separador, codificacion=codificacion))
    assert tabla.columnas == ["código", "título"]
    assert [(f.numero, f.celdas["código"], f.celdas["título"]) for f in tabla.filas] == [
        (2, "007", "Ñandú, agua"),
        (3, "8", "Peña"),
    ]
    assert informe.aceptable


def test_another_encoding_must_be_said_and_the_refusal_shows_how_it_would_read(tmp_path):
    archivo = tabla_csv(tmp_path / "t.csv", FILAS, codificacion="cp1252")
    tabla, informe = leer(archivo)
    assert (tabla.filas, errores(informe)) == ([], [("sin_codificacion", 1)])
    assert "cp1252: «código,título»" in str(informe.problemas[0])
    tabla, informe = leer(archivo, codificacion="ANSI 1252")
    assert tabla.filas[0].celdas["título"] == "Ñandú, agua"


@pytest.mark.parametrize("codificacion", ["klingon", "rot13"])
def test_an_encoding_that_is_none_is_refused(tmp_path, codificacion):
    assert errores(leer(tabla_csv(tmp_path / "t.csv", FILAS), codificacion=codificacion)[1]) == [("codificacion", None)]


def test_a_stated_encoding_that_does_not_fit_names_the_line(tmp_path):
    archivo = tmp_path / "t.csv"
    archivo.write_bytes(b"titulo\nagua\nPe\xf1a\n")
    assert errores(leer(archivo, codificacion="utf-8")[1]) == [("codificacion", 3)]


@pytest.mark.parametrize(
    ("bytes_", "esperados"),
    [
        (b"", [("archivo_vacio", None)]),
        (b"titulo\n", [("sin_filas", None)]),
        (b"titulo\n\n \n", [("sin_filas", None)]),
        (b"titulo,x\nagua,1\nluz,1,2\n", [("celdas_de_mas", 3)]),
        (b"titulo,Titulo,titulo\na,b,c\n", [("columna_repetida", 1)]),
        (b'titulo\n"agua\nluz\n', [("csv_roto", None)]),
        (b"titulo\nagua\x00\n", [("no_es_csv", None)]),
    ],
)
def test_a_broken_csv_is_refused_with_its_row(tmp_path, bytes_, esperados):
    archivo = tmp_path / "t.csv"
    archivo.write_bytes(bytes_)
    assert errores(leer(archivo)[1]) == esperados


def test_empty_rows_are_skipped_and_the_others_keep_their_number(tmp_path):
    archivo = tmp_path / "t.csv"
    archivo.write_bytes(b'titulo,x\n\n,\n"agua\ny luz",1\nluz\n')
    assert [(f.numero, f.celdas["titulo"]) for f in leer(archivo)[0].filas] == [(4, "agua\ny luz"), (5, "luz")]


def test_a_cell_with_a_long_shape_is_no_broken_csv(tmp_path):
    largo = "LINESTRING (" + ", ".join(f"-65.{i:06d} -17.{i:06d}" for i in range(10_000)) + ")"
    assert len(largo) > 131_072
    tabla, informe = leer(tabla_csv(tmp_path / "t.csv", [{"titulo": "Camino", "wkt": largo}]))
    assert errores(informe) == []
    assert tabla.filas[0].celdas["wkt"] == largo


@pytest.mark.parametrize("nombre", ["t.docx", "t.pdf", "t"])
def test_a_kind_of_file_that_is_no_table_is_refused(tmp_path, nombre):
    (tmp_path / nombre).write_bytes(b"hola")
    assert errores(leer(tmp_path / nombre)[1]) == [("formato_desconocido", None)]


def test_a_file_that_is_not_there_is_said(tmp_path):
    assert errores(leer(tmp_path / "t.csv")[1]) == [("sin_archivo", None)]


# --- XLSX -------------------------------------------------------------------------------------------------------------


def test_a_workbook_gives_numbers_and_dates_as_they_are(tmp_path):
    dia = datetime(2026, 11, 22)
    tabla, informe = leer(
        xlsx(
            tmp_path / "t.xlsx",
            [["título", "monto", "fecha"], ["Peña", 80330.9, dia], [None, None, None], ["Luz", 3, None]],
        )
    )
    assert [(f.numero, *f.celdas.values()) for f in tabla.filas] == [(2, "Peña", 80330.9, dia), (4, "Luz", 3, None)]
    assert informe.lectura == {"formato": "XLSX", "capa": "Hoja1"}


def test_with_several_sheets_one_must_be_named(tmp_path):
    archivo = xlsx(tmp_path / "t.xlsx", [["titulo"], ["uno"]])
    libro = load_workbook(archivo)
    libro.create_sheet("Otra").append(["titulo"])
    libro["Otra"].append(["dos"])
    libro.save(archivo)
    assert errores(leer(archivo)[1]) == [("varias_hojas", None)]
    assert leer(archivo, capa="Otra")[0].filas[0].celdas == {"titulo": "dos"}
    assert errores(leer(archivo, capa="Ninguna")[1]) == [("varias_hojas", None)]


def test_a_formatted_but_empty_tail_is_no_rows(tmp_path):
    tabla, _informe = leer(xlsx(tmp_path / "t.xlsx", [["titulo"], ["uno"], *[[""] for _ in range(1500)]]))
    assert len(tabla.filas) == 1


def test_a_broken_workbook_is_refused_wherever_it_is_broken(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 no es un libro")
    assert errores(leer(tmp_path / "a.xlsx")[1]) == [("xlsx_roto", None)]
    sano = xlsx(tmp_path / "sano.xlsx", [["titulo"], ["uno"], ["dos"]])
    with zipfile.ZipFile(sano) as origen, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as destino:
        for parte in origen.namelist():
            datos = origen.read(parte)
            destino.writestr(parte, datos[: len(datos) // 2] if "worksheets/" in parte else datos)
    assert errores(leer(tmp_path / "b.xlsx")[1]) == [("xlsx_roto", None)]


# --- headers ----------------------------------------------------------------------------------------------------------

DESTINOS = {"titulo": ("demanda",), "unidad": ("comunidad", "otb"), "lat": ("y",)}


def asignar(tmp_path, encabezados, mapeo=None):
    tabla, informe = leer(tabla_csv(tmp_path / "t.csv", [dict.fromkeys(encabezados, "x")]))
    return asignar_columnas(tabla, DESTINOS, mapeo or {}, informe), informe


def test_a_header_is_known_by_its_name_or_an_alias_in_any_case(tmp_path):
    assert asignar(tmp_path, ["DEMANDA", "Comunidad"])[0] == {"titulo": "DEMANDA", "unidad": "Comunidad"}


def test_its_own_name_wins_over_an_alias(tmp_path):
    assert asignar(tmp_path, ["demanda", "Título", "otb"])[0] == {"titulo": "Título", "unidad": "otb"}


def test_what_the_person_says_wins_over_any_name(tmp_path):
    campos, informe = asignar(tmp_path, ["titulo", "PEDIDO"], {"pedido": "titulo"})
    assert campos == {"titulo": "PEDIDO"}
    assert [p.codigo for p in informe.problemas] == ["columnas_sin_usar"]
    assert "usan las columnas: titulo." in str(informe.problemas[0])


@pytest.mark.parametrize(
    ("mapeo", "codigo"),
    [
        ({"nada": "titulo"}, "columna_desconocida"),
        ({"a": "precio"}, "destino_desconocido"),
        ({"a": "titulo", "b": "titulo"}, "destino_repetido"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(tmp_path, mapeo, codigo):
    assert errores(asignar(tmp_path, ["a", "b"], mapeo)[1]) == [(codigo, None)]
