"""`importar_limites` as a person runs it: what is loaded, what is refused, and that a second time changes nothing."""

import io
import json
import random
import zipfile
from datetime import date

import pytest
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command

from demandas.models import Demanda
from territorio.importacion import escritor
from territorio.localizacion import localizar
from territorio.models import Limite, Nivel, Poblacion, UnidadTerritorial
from tests import mundo
from tests.archivos import Corrida, contenido, correr, geojson, geopackage, kml, shapefile
from tests.mundo import cuadro, linea, punto, unidad

pytestmark = pytest.mark.django_db
OESTE, ESTE = cuadro(0, 0, 2), cuadro(2, 0, 2)
DOS = [(OESTE, {"codigo": "01", "nombre": "Ñuñu Mayu"}), (ESTE, {"codigo": "02", "nombre": "El Álamo"})]
# Two communities of one name, and one more.
HOMONIMAS = [
    (cuadro(0, 0), {"nombre": "San Pedro"}),
    (cuadro(3, 0), {"nombre": "San Pedro"}),
    (cuadro(1, 0), {"nombre": "Peñas"}),
]


def importar(archivo, *opciones, nivel="distrito", municipio="990101") -> Corrida:
    return correr(
        "importar_limites", archivo, "--nivel", nivel, *(["--municipio", municipio] if municipio else []), *opciones
    )


def unidades(nivel="distrito"):
    return UnidadTerritorial.objects.filter(nivel__codigo=nivel)


def vigentes(codigo: str, dia: date | None = None):
    return Limite.objects.en_vigor(dia).filter(unidad__codigo=codigo, unidad__nivel__codigo="distrito")


@pytest.fixture
def hoy(monkeypatch):
    """Set the day on which everything happens."""

    def ser(dia: date) -> None:
        monkeypatch.setattr("django.utils.timezone.localdate", lambda *a, **k: dia)

    ser(date(2024, 5, 10))
    return ser


# --- formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("escribir", "nombre"), [(geojson, "d.geojson"), (shapefile, "d.zip"), (geopackage, "d.gpkg"), (kml, "d.kml")]
)
def test_each_format_loads_the_same_districts(muni, tmp_path, escribir, nombre):
    corrida = importar(escribir(tmp_path / nombre, DOS))
    assert (corrida.salida, corrida.cuentas["nuevas"]) == (0, 2)
    assert set(unidades().values_list("codigo", "nombre", "municipio__codigo", "padre__codigo")) == {
        ("01", "Ñuñu Mayu", "990101", "990101"),
        ("02", "El Álamo", "990101", "990101"),
    }
    assert vigentes("01").get().geom.sym_difference(OESTE).area < 1e-12


def test_a_plain_shapefile_beside_its_parts_loads(muni, tmp_path):
    with zipfile.ZipFile(shapefile(tmp_path / "d.zip", DOS)) as comprimido:
        comprimido.extractall(tmp_path)
    assert importar(tmp_path / "capa.shp").salida == 0
    assert unidades().count() == 2


def test_metres_of_utm_land_on_the_same_place_as_degrees(muni, tmp_path):
    assert importar(shapefile(tmp_path / "utm.zip", DOS, crs="EPSG:32720")).salida == 0
    assert vigentes("02").get().geom.sym_difference(ESTE).area / ESTE.area < 1e-4


# --- dry run and repetition -------------------------------------------------------------------------------------------


def test_a_simulation_says_all_and_writes_nothing(muni, tmp_path):
    archivo, antes = geojson(tmp_path / "d.geojson", DOS), contenido()
    seco = importar(archivo, "--simular")
    assert contenido() == antes
    mojado = importar(archivo)
    assert contenido() != antes
    assert (seco.salida, seco.informe["escrito"], mojado.informe["escrito"]) == (0, False, True)
    assert seco.cuentas == mojado.cuentas
    assert "SIMULADO" in seco.texto


@pytest.mark.parametrize("filas", [DOS, HOMONIMAS], ids=["with codes", "by name, two alike"])
def test_the_same_file_a_second_time_changes_nothing_not_even_on_another_day(muni, tmp_path, hoy, filas):
    archivo = geojson(tmp_path / "d.geojson", filas)
    importar(archivo)
    antes = contenido()
    for dia in (date(2024, 5, 10), date(2025, 1, 1)):
        hoy(dia)
        corrida = importar(archivo)
        assert (corrida.cuentas["nuevas"], corrida.cuentas["cambiadas"], corrida.cuentas["iguales"]) == (
            0,
            0,
            len(filas),
        )
        assert "nada cambió" in corrida.texto
        assert contenido() == antes


def test_a_file_valid_from_a_coming_day_changes_nothing_the_second_time(muni, tmp_path, hoy):
    importar(geojson(tmp_path / "a.geojson", DOS))
    movido = geojson(tmp_path / "b.geojson", [(cuadro(0, 0, 1.5, 2), DOS[0][1])])
    importar(movido, "--vigente-desde", "2025-01-01")
    antes = contenido()
    assert importar(movido, "--vigente-desde", "2025-01-01").cuentas["cambiadas"] == 0
    assert contenido() == antes


def test_codes_made_from_names_stay_when_rows_come_in_another_order(muni, tmp_path):
    importar(geojson(tmp_path / "a.geojson", HOMONIMAS), nivel="comunidad")
    por_lugar = {u.codigo: u.limites.get().geom.centroid.coords for u in unidades("comunidad")}
    assert sorted(por_lugar) == ["penas", "san-pedro", "san-pedro-2"]
    for semilla in range(5):
        barajadas = random.Random(semilla).sample(HOMONIMAS, 3)
        assert importar(geojson(tmp_path / "b.geojson", barajadas), nivel="comunidad").cuentas["iguales"] == 3
    assert {u.codigo: u.limites.get().geom.centroid.coords for u in unidades("comunidad")} == por_lugar


def test_a_first_load_gives_the_same_codes_whatever_the_order_of_rows(muni, tmp_path):
    vistos = set()
    for semilla in range(4):
        UnidadTerritorial.objects.filter(nivel__codigo="comunidad").delete()
        importar(geojson(tmp_path / "a.geojson", random.Random(semilla).sample(HOMONIMAS, 3)), nivel="comunidad")
        vistos.add(tuple(sorted((u.codigo, u.limites.get().geom.centroid.coords) for u in unidades("comunidad"))))
    assert len(vistos) == 1


def test_a_repeated_name_keeps_its_code_when_its_border_moves_a_little(muni, tmp_path):
    importar(geojson(tmp_path / "a.geojson", HOMONIMAS), nivel="comunidad")
    este = unidades("comunidad").get(codigo="san-pedro-2")
    movidas = [(cuadro(3, 0.1), {"nombre": "SAN PEDRO"}), (cuadro(0, 0), {"nombre": "San Pedro"})]
    corrida = importar(geojson(tmp_path / "b.geojson", movidas), nivel="comunidad")
    este.refresh_from_db()
    assert (este.nombre, corrida.cuentas["cambiadas"], corrida.cuentas["iguales"], corrida.cuentas["nuevas"]) == (
        "SAN PEDRO",
        1,
        1,
        0,
    )
    assert corrida.informe["listas"]["faltan_en_el_archivo"] == ["penas Peñas"]


def test_repeated_names_are_reported_by_name(muni, tmp_path):
    corrida = importar(geojson(tmp_path / "a.geojson", HOMONIMAS), nivel="comunidad")
    assert corrida.informe["listas"]["nombres_repetidos"] == ["San Pedro"]
    assert "San Pedro (×2)" in corrida.texto


def test_units_that_the_file_leaves_out_are_kept_and_named(muni, tmp_path):
    importar(geojson(tmp_path / "a.geojson", DOS))
    corrida = importar(geojson(tmp_path / "b.geojson", DOS[:1]))
    assert corrida.informe["listas"]["faltan_en_el_archivo"] == ["02 El Álamo"]
    assert unidades().count() == 2


# --- dated limits -----------------------------------------------------------------------------------------------------


def test_a_moved_border_closes_the_old_limit_and_opens_the_next(muni, tmp_path, hoy):
    importar(geojson(tmp_path / "a.geojson", DOS), "--vigente-desde", "2020-01-01")
    movidos = [(cuadro(0, 0, 1.5, 2), DOS[0][1]), DOS[1]]
    corrida = importar(geojson(tmp_path / "b.geojson", movidos), "--vigente-desde", "2024-03-01")
    assert (corrida.cuentas["cambiadas"], corrida.cuentas["iguales"]) == (1, 1)
    limites = Limite.objects.filter(unidad__codigo="01", unidad__nivel__codigo="distrito").order_by("vigencia")
    assert [(v.vigencia.lower, v.vigencia.upper, v.sustituido) for v in limites] == [
        (date(2020, 1, 1), date(2024, 3, 1), None),
        (date(2024, 3, 1), None, None),
    ]
    assert vigentes("01", date(2024, 2, 29)).get().geom.area == pytest.approx(OESTE.area)
    assert vigentes("01", date(2024, 3, 1)).get().geom.area == pytest.approx(0.75 * OESTE.area)
    assert Limite.objects.filter(unidad__codigo="02", unidad__nivel__codigo="distrito").count() == 1


def test_a_correction_on_the_same_day_keeps_the_mistake_as_replaced(muni, tmp_path, hoy):
    importar(geojson(tmp_path / "a.geojson", DOS))
    importar(geojson(tmp_path / "b.geojson", [(cuadro(0, 0, 1, 2), DOS[0][1])]))
    viejo, nuevo = Limite.objects.filter(unidad__codigo="01", unidad__nivel__codigo="distrito").order_by("pk")
    assert viejo.sustituido is not None
    assert (viejo.vigencia, nuevo.sustituido) == (nuevo.vigencia, None)
    assert vigentes("01").get() == nuevo


def test_source_state_and_rule_are_kept_with_the_limit(muni, tmp_path):
    importar(geojson(tmp_path / "a.geojson", DOS), "--fuente", "GAM, 2024", "--estado", "definido", "--norma", "Ley 1")
    limite = vigentes("01").get()
    assert (limite.fuente, limite.estado, limite.norma) == ("GAM, 2024", "definido", "Ley 1")


def test_demands_move_when_a_new_limit_arrives(muni, tmp_path):
    demanda = Demanda.objects.create(municipio=muni, codigo="d", titulo="Agua", punto=punto(1.8, 1))
    localizar(Demanda.objects.all())
    assert demanda.localizaciones.filter(nivel__codigo="distrito").count() == 0
    importar(geojson(tmp_path / "a.geojson", DOS))
    assert demanda.localizaciones.get(nivel__codigo="distrito").unidad.codigo == "01"
    movidos = [(cuadro(0, 0, 1.5, 2), DOS[0][1]), (cuadro(1.5, 0, 2.5, 2), DOS[1][1])]
    corrida = importar(geojson(tmp_path / "b.geojson", movidos))
    assert demanda.localizaciones.get(nivel__codigo="distrito").unidad.codigo == "02"
    assert corrida.cuentas["demandas_que_cambiaron_de_unidad"] == 1


def test_a_failure_in_the_middle_of_writing_leaves_nothing(muni, tmp_path, monkeypatch):
    def fallar(_unidades, **_antes):
        assert Limite.objects.filter(unidad__nivel__codigo="distrito").exists()  # it had begun to write
        raise RuntimeError("se cortó la luz")

    antes = contenido()
    monkeypatch.setattr(escritor, "relocalizar", fallar)
    with pytest.raises(RuntimeError, match="se cortó la luz"):
        importar(geojson(tmp_path / "a.geojson", DOS))
    assert contenido() == antes


# --- parents ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def distritos(muni):
    return unidad("distrito", "1", OESTE, municipio=muni, nombre="Oeste"), unidad(
        "distrito", "2", ESTE, municipio=muni, nombre="Este"
    )


@pytest.mark.parametrize("dicho", ["1", 1, 1.0, "Oeste", " OESTE "])
def test_the_parent_is_named_by_code_or_by_name(distritos, tmp_path, dicho):
    archivo = geojson(tmp_path / "c.geojson", [(cuadro(0, 0), {"nombre": "Cota", "dist": dicho})])
    assert importar(archivo, "--padre", "dist", "--nivel-padre", "distrito", nivel="comunidad").salida == 0
    assert unidades("comunidad").get().padre == distritos[0]


def test_without_a_field_the_place_says_the_parent(distritos, tmp_path):
    filas = [
        (cuadro(2.5, 0), {"nombre": "Chua"}),
        (punto(0.5, 0.5), {"nombre": "Pampa"}),
        (punto(9, 9), {"nombre": "Lejos"}),
    ]
    corrida = importar(geojson(tmp_path / "c.geojson", filas), nivel="comunidad")
    assert {u.nombre: u.padre.codigo for u in unidades("comunidad")} == {"Chua": "2", "Pampa": "1", "Lejos": "990101"}
    assert corrida.cuentas["superior_asignado_por_ubicacion"] == 2


def test_a_declared_parent_holds_against_the_place_and_the_disagreement_is_listed(distritos, tmp_path):
    archivo = geojson(tmp_path / "c.geojson", [(cuadro(2.5, 0), {"nombre": "Chua", "dist": "1"})])
    corrida = importar(archivo, "--padre", "dist", nivel="comunidad")
    assert unidades("comunidad").get().padre.codigo == "1"
    assert corrida.informe["listas"]["superior_distinto_de_su_lugar"] == [
        "fila 1: Chua dice Oeste, su lugar cae en Este"
    ]
    assert "superior_distinto" in corrida.avisos


@pytest.mark.parametrize(("dicho", "codigo"), [("9", "padre_desconocido"), ("", "sin_padre"), (None, "sin_padre")])
def test_a_parent_that_is_unknown_or_missing_refuses_the_row(distritos, tmp_path, dicho, codigo):
    archivo = geojson(tmp_path / "c.geojson", [(cuadro(0, 0), {"nombre": "Cota", "dist": dicho})])
    corrida = importar(archivo, "--padre", "dist", nivel="comunidad")
    assert (corrida.salida, corrida.codigos) == (1, {codigo})
    assert corrida.problemas(codigo)[0]["fila"] == 1
    assert not unidades("comunidad").exists()


def test_two_districts_of_one_name_are_no_answer_to_which_parent(muni, tmp_path):
    for codigo, geom in (("1", OESTE), ("2", ESTE)):
        unidad("distrito", codigo, geom, municipio=muni, nombre="Centro")
    archivo = geojson(tmp_path / "c.geojson", [(cuadro(0, 0), {"nombre": "Cota", "dist": "Centro"})])
    corrida = importar(archivo, "--padre", "dist", nivel="comunidad")
    assert corrida.codigos == {"padre_desconocido"}
    assert "hay más de un distrito «Centro»" in corrida.texto


def test_loading_a_parallel_ladder_later_does_not_change_whose_child_a_community_is(distritos, tmp_path):
    archivo = geojson(tmp_path / "c.geojson", [(cuadro(0, 0), {"nombre": "Cota"})])
    importar(archivo, nivel="comunidad")
    importar(
        geojson(tmp_path / "k.geojson", [(cuadro(0, 0, 4, 2), {"codigo": "k", "nombre": "Cantón"})]), nivel="canton"
    )
    assert importar(archivo, nivel="comunidad").cuentas["cambiadas"] == 0
    assert unidades("comunidad").get().padre.codigo == "1"


# --- codes, figures, fields -------------------------------------------------------------------------------------------


def test_codes_are_text_a_number_with_zero_decimals_loses_them_and_zeros_at_the_front_stay(muni, tmp_path):
    filas = [
        (cuadro(0, 0), {"cod": 2.0, "nombre": "A"}),
        (cuadro(1, 0), {"cod": "003", "nombre": "B"}),
        (cuadro(2, 0), {"cod": 10, "nombre": "C"}),
    ]
    importar(geojson(tmp_path / "a.geojson", filas), "--codigo", "cod")
    assert set(unidades().values_list("codigo", flat=True)) == {"2", "003", "10"}


def test_a_decimal_column_of_a_shapefile_gives_whole_codes(muni, tmp_path):
    importar(shapefile(tmp_path / "a.zip", [(OESTE, {"cod": 2.0, "nombre": "A"})]), "--codigo", "cod")
    assert unidades().get().codigo == "2"


def test_a_header_is_found_without_accents_or_case(muni, tmp_path):
    importar(geojson(tmp_path / "a.geojson", [(OESTE, {"CÓDIGO": "7", "Nombre": "A"})]))
    assert unidades().get().codigo == "7"


def test_without_a_name_field_the_level_and_the_code_make_the_name(muni, tmp_path):
    importar(geojson(tmp_path / "a.geojson", [(OESTE, {"distrito": 7})]), "--codigo", "distrito")
    assert unidades().get().nombre == "Distrito 7"


def test_inhabitants_belong_to_a_census_and_a_new_figure_replaces_that_census_only(muni, tmp_path):
    def con(personas):
        return geojson(tmp_path / "a.geojson", [(OESTE, {"codigo": "1", "nombre": "A", "poblacion": personas})])

    importar(con(100), "--censo", "2012")
    assert "censo_supuesto" in importar(con(120)).avisos
    assert importar(con(130)).cuentas["cambiadas"] == 1
    assert set(Poblacion.objects.filter(unidad__codigo="1").values_list("censo", "personas")) == {
        (2012, 100),
        (2024, 130),
    }


@pytest.mark.parametrize("dicho", ["muchos", -4, 2.5, "1.234", "12.000", "nan", 10**12])
def test_an_impossible_or_ambiguous_number_of_inhabitants_is_refused_by_row_and_field(muni, tmp_path, dicho):
    archivo = geojson(tmp_path / "a.geojson", [(OESTE, {"codigo": "1", "nombre": "A", "hab": dicho})])
    corrida = importar(archivo, "--poblacion", "hab")
    problema = corrida.problemas("poblacion_imposible")[0]
    assert (corrida.salida, problema["fila"], problema["campo"]) == (1, 1, "hab")
    assert not unidades().exists()


# --- points and rows without geometry ---------------------------------------------------------------------------------


def test_a_community_may_be_only_a_point(muni, tmp_path):
    archivo = geojson(tmp_path / "c.geojson", [(punto(1, 1), {"nombre": "Pampa"})])
    corrida = importar(archivo, nivel="comunidad")
    pampa = unidades("comunidad").get()
    assert (pampa.punto.coords, pampa.limites.count()) == (punto(1, 1).coords, 0)
    assert (corrida.cuentas["con_punto"], corrida.cuentas["con_poligono"]) == (1, 0)
    assert importar(archivo, nivel="comunidad").cuentas["iguales"] == 1


def test_a_row_without_geometry_is_refused_with_its_row_and_a_remedy(muni, tmp_path):
    corrida = importar(geojson(tmp_path / "a.geojson", [*DOS, (None, {"codigo": "03", "nombre": "Sin dibujo"})]))
    problema = corrida.problemas("sin_geometria")[0]
    assert (corrida.salida, problema["fila"], problema["gravedad"]) == (1, 3, "error")
    assert "«Sin dibujo» no tiene geometría" in problema["texto"]
    assert "--sin-geometria" in problema["remedio"]
    assert not unidades().exists()


def test_a_row_without_geometry_loads_when_asked_for(muni, tmp_path):
    archivo = geojson(tmp_path / "a.geojson", [*DOS, (None, {"codigo": "03", "nombre": "Sin dibujo"})])
    corrida = importar(archivo, "--sin-geometria")
    assert (corrida.salida, unidades().count()) == (0, 3)
    sin_dibujo = unidades().get(codigo="03")
    assert (sin_dibujo.punto, sin_dibujo.limites.count()) == (None, 0)
    assert importar(archivo, "--sin-geometria").cuentas["iguales"] == 3


def test_a_later_row_without_geometry_does_not_take_the_limit_away(muni, tmp_path):
    importar(geojson(tmp_path / "a.geojson", DOS))
    importar(geojson(tmp_path / "b.geojson", [(None, DOS[0][1])]), "--sin-geometria")
    assert vigentes("01").exists()


def test_lines_are_no_units(muni, tmp_path):
    corrida = importar(geojson(tmp_path / "a.geojson", [(linea((0, 0), (1, 1)), {"codigo": "1", "nombre": "Río"})]))
    assert (corrida.salida, corrida.codigos) == (1, {"geometria_de_otro_tipo"})


# --- refusals ---------------------------------------------------------------------------------------------------------

UNA = [(OESTE, {"codigo": "1", "nombre": "A"})]


@pytest.mark.parametrize(
    ("opciones", "codigo", "dice"),
    [
        (["--codigo", "CODIGO_INE"], "campo_desconocido", "codigo, nombre"),
        (["--nombre", "nom"], "campo_desconocido", "codigo, nombre"),
        (["--padre", "dist"], "campo_desconocido", "codigo, nombre"),
        (["--estado", "dudoso"], "estado", "referencial"),
        (["--nivel-padre", "barrio"], "nivel_desconocido", "barrio"),
    ],
)
def test_an_option_that_cannot_be_is_refused_saying_what_there_is(muni, tmp_path, opciones, codigo, dice):
    antes = contenido()
    corrida = importar(geojson(tmp_path / "a.geojson", UNA), *opciones)
    assert (corrida.salida, corrida.codigos) == (1, {codigo})
    assert dice in corrida.texto
    assert contenido() == antes


def test_an_unknown_level_is_refused_with_the_levels_there_are(muni, tmp_path):
    corrida = importar(geojson(tmp_path / "a.geojson", UNA), nivel="barrio")
    assert corrida.codigos == {"nivel_desconocido"}
    assert "unidad_vecinal" in corrida.texto
    assert "crear_nivel barrio" in corrida.texto


@pytest.mark.parametrize(
    ("nivel", "municipio", "codigo"),
    [
        ("distrito", "999999", "municipio_desconocido"),
        ("distrito", None, "sin_municipio"),
        ("municipio", "990101", "municipio_sobra"),
    ],
)
def test_the_municipality_must_be_loaded_and_named_where_it_is_needed_only(muni, tmp_path, nivel, municipio, codigo):
    corrida = importar(geojson(tmp_path / "a.geojson", UNA), nivel=nivel, municipio=municipio)
    assert (corrida.salida, corrida.codigos) == (1, {codigo})


def test_a_unit_of_another_municipality_is_refused_by_row(muni, tmp_path):
    unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    filas = [(OESTE, {"codigo": "990101-1", "nombre": "A"}), (ESTE, {"codigo": "9901020001", "nombre": "B"})]
    corrida = importar(geojson(tmp_path / "a.geojson", filas))
    problema = corrida.problemas("de_otro_municipio")[0]
    assert (corrida.salida, problema["fila"]) == (1, 2)
    assert "Vecino (990102)" in problema["texto"]
    assert not unidades().exists()


@pytest.mark.parametrize(
    ("filas", "codigo", "fila"),
    [
        ([(OESTE, {"codigo": "", "nombre": "A"})], "sin_codigo", 1),
        ([(OESTE, {"codigo": "1", "nombre": None})], "sin_nombre", 1),
        ([(OESTE, {"codigo": "1", "nombre": "A"}), (ESTE, {"codigo": 1.0, "nombre": "B"})], "codigo_repetido", 2),
        ([(OESTE, {"codigo": "1" * 81, "nombre": "A"})], "codigo_largo", 1),
        ([(OESTE, {"codigo": "1", "nombre": "A" * 201})], "nombre_largo", 1),
        ([(OESTE, {"cosa": "1"})], "sin_campos", None),
    ],
)
def test_a_row_that_cannot_be_named_is_refused(muni, tmp_path, filas, codigo, fila):
    corrida = importar(geojson(tmp_path / "a.geojson", filas))
    assert (corrida.salida, corrida.codigos) == (1, {codigo})
    assert corrida.problemas(codigo)[0]["fila"] == fila
    assert not unidades().exists()


@pytest.mark.parametrize(
    ("nombre", "bytes_", "codigo"),
    [
        ("a.geojson", b"", "archivo_vacio"),
        ("b.geojson", b'{"type":"FeatureCollection","features":[]}', "archivo_vacio"),
        ("no.geojson", None, "sin_archivo"),
    ],
)
def test_a_file_with_nothing_in_it_is_refused_with_one_problem(muni, tmp_path, nombre, bytes_, codigo):
    if bytes_ is not None:
        (tmp_path / nombre).write_bytes(bytes_)
    corrida = importar(tmp_path / nombre, "--codigo", "cod")
    assert corrida.salida == 1
    assert len([p for p in corrida.informe["problemas"] if p["gravedad"] == "error"]) == 1
    assert corrida.codigos == {codigo}


def test_a_file_of_the_wrong_kind_is_refused_without_blaming_its_fields(muni, tmp_path):
    (tmp_path / "a.geojson").write_bytes(b"%PDF-1.4 esto no es un mapa")
    corrida = importar(tmp_path / "a.geojson", "--codigo", "cod")
    assert corrida.salida == 1
    assert "campo_desconocido" not in corrida.codigos


def test_a_place_outside_bolivia_is_refused(muni, tmp_path):
    corrida = importar(
        geojson(tmp_path / "a.geojson", [(Point(2.35, 48.85, srid=4326), {"codigo": "1", "nombre": "París"})])
    )
    assert (corrida.salida, corrida.codigos) == (1, {"fuera_de_bolivia"})


def test_a_date_that_is_none_is_refused_before_reading(muni, tmp_path):
    with pytest.raises(CommandError, match="no es una fecha"):
        call_command("importar_limites", str(tmp_path / "a.geojson"), "--nivel", "distrito", "--vigente-desde", "ayer")


# --- said, never refused ----------------------------------------------------------------------------------------------


def test_overlaps_and_land_beyond_the_municipality_are_measured_and_loaded(muni, tmp_path):
    filas = [
        (cuadro(0, 0, 2.5, 2), {"codigo": "1", "nombre": "A"}),
        (cuadro(2, 0, 4, 2), {"codigo": "2", "nombre": "B"}),
    ]
    corrida = importar(geojson(tmp_path / "a.geojson", [*filas, (punto(9, 9), {"codigo": "3", "nombre": "Lejos"})]))
    assert corrida.salida == 0
    assert corrida.cuentas["pares_superpuestos"] == 1
    # 0.5 × 2 steps overlap; of 2.5 × 2 + 4 × 2 steps, 2 × 2 lie beyond x = 4.
    assert corrida.cuentas["hectareas_superpuestas"] == pytest.approx(118, abs=1)
    assert corrida.cuentas["por_ciento_fuera_del_municipio"] == pytest.approx(100 * 4 / 13, abs=0.1)
    assert corrida.informe["listas"]["del_todo_fuera_del_municipio"] == ["fila 3: Lejos"]
    assert {"superpuestas", "fuera_del_municipio", "del_todo_fuera"} <= corrida.avisos


def test_neighbours_that_share_a_border_do_not_overlap(muni, tmp_path):
    assert "pares_superpuestos" not in importar(geojson(tmp_path / "a.geojson", DOS)).cuentas


def test_without_a_limit_of_the_municipality_that_is_said(db, tmp_path):
    call_command("crear_municipio", "990109", "Sin límite", stdout=io.StringIO())
    corrida = importar(geojson(tmp_path / "a.geojson", DOS), municipio="990109")
    assert (corrida.salida, corrida.avisos) == (0, {"municipio_sin_limite"})


# --- the report -------------------------------------------------------------------------------------------------------


def test_the_report_holds_what_was_understood_and_every_problem(muni, tmp_path):
    archivo = geojson(
        tmp_path / "a.geojson", [(OESTE, {"codigo": "", "nombre": ""}), (None, {"codigo": "2", "nombre": "B"})]
    )
    corrida = importar(archivo)
    informe = corrida.informe
    assert (informe["archivo"], informe["aceptable"], informe["escrito"], informe["simulado"]) == (
        "a.geojson",
        False,
        False,
        False,
    )
    assert informe["campos"] == {"codigo": "codigo", "nombre": "nombre"}
    assert informe["cuentas"]["filas"] == 2
    assert {(p["fila"], p["codigo"]) for p in informe["problemas"]} == {
        (1, "sin_codigo"),
        (1, "sin_nombre"),
        (2, "sin_geometria"),
    }
    for problema in informe["problemas"]:
        assert problema["remedio"]
        assert f"Fila {problema['fila']}, campo '{problema['campo']}'" in problema["texto"]
        assert problema["texto"] in corrida.texto
    assert "RECHAZADO: no se escribió nada." in corrida.texto


def test_a_report_that_cannot_be_stored_is_said(muni, tmp_path):
    with pytest.raises(CommandError, match="No se pudo guardar el informe"):
        call_command(
            "importar_limites", str(geojson(tmp_path / "a.geojson", DOS)), "--nivel", "distrito", "--municipio", "990101",
            "--simular", "--informe", str(tmp_path / "no" / "hay.json"),
        )  # fmt: skip


def test_the_report_is_valid_json_with_accents_readable(muni, tmp_path):
    call_command(
        "importar_limites", str(geojson(tmp_path / "a.geojson", HOMONIMAS)), "--nivel", "comunidad", "--municipio", "990101",
        "--informe", str(tmp_path / "i.json"),
    )  # fmt: skip
    crudo = (tmp_path / "i.json").read_text(encoding="utf-8")
    assert "Importación de límites" in crudo
    assert json.loads(crudo)["aceptable"] is True


# --- other levels -----------------------------------------------------------------------------------------------------


def test_municipalities_belong_to_nobody(db, tmp_path):
    filas = [(cuadro(0, 0, 4, 2), {"codigo": "010101", "nombre": "Sucre"})]
    assert importar(geojson(tmp_path / "m.geojson", filas), nivel="municipio", municipio=None).salida == 0
    sucre = unidades("municipio").get()
    assert (sucre.codigo, sucre.municipio, sucre.padre) == ("010101", None, None)


def test_a_level_of_ones_own_loads_like_any_other(muni, tmp_path):
    call_command("crear_nivel", "zona", "--sobre", "municipio", stdout=io.StringIO())
    importar(geojson(tmp_path / "z.geojson", DOS), nivel="zona")
    assert unidades("zona").count() == 2
    assert list(Nivel.objects.get(codigo="zona").superiores.values_list("codigo", flat=True)) == ["municipio"]


def test_codes_repeat_between_levels_and_between_municipalities(muni, tmp_path):
    unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    archivo = geojson(tmp_path / "a.geojson", UNA)
    assert [
        importar(archivo).salida,
        importar(archivo, nivel="canton").salida,
        importar(archivo, municipio="990102").salida,
    ] == [0, 0, 0]
    assert UnidadTerritorial.objects.filter(codigo="1").count() == 3
    assert mundo.nivel("canton").unidades.count() == 1
