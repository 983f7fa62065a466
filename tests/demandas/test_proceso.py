"""The process as a guide: where the municipality stands, and what a planner may do with it."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from cuentas.versiones import FaltaVersion, VersionVieja
from demandas.formularios_proceso import FormularioActor
from demandas.models import Actor, Etapa, NormaLegal, Proceso, Producto
from demandas.services import proceso as servicio
from demandas.services.actores import guardar_actor, guardar_norma
from demandas.tablero import proceso_de, tablero
from demandas.unidad_escrita import rotulo, unidad_escrita
from territorio.models import Rol
from territorio.services.importaciones import NoCorresponde
from tests import mundo
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db
HOY = timezone.localdate


@pytest.fixture
def planificadora(muni):
    return miembro(muni, Rol.PLANIFICADOR)


@pytest.fixture
def proceso(muni, planificadora) -> Proceso:
    return servicio.crear_proceso(
        por=planificadora, municipio=muni, nombre="PDM", desde=2024, hasta=2029, inicio=date(2024, 1, 1)
    )


def cambiar(por, producto: Producto, **datos) -> Producto:
    producto.refresh_from_db()
    return servicio.editar_producto(por=por, producto=producto, version=producto.version, datos=datos)


def de_la_etapa(proceso: Proceso, numero: int) -> list[Producto]:
    return list(Producto.objects.filter(etapa__proceso=proceso, etapa__numero=numero).order_by("orden"))


# --- where it stands --------------------------------------------------------------------------------------------------
def test_a_process_begins_with_the_six_stages_of_the_catalogue(proceso):
    assert list(proceso.etapas.values_list("numero", flat=True)) == [1, 2, 3, 4, 5, 6]
    for etapa in proceso.etapas.all():
        assert etapa.pasos.count() >= 3
        assert etapa.productos.count() >= 3
    nombres = [p.nombre for p in de_la_etapa(proceso, 1)]
    assert "Convenio firmado" in nombres
    assert "Plan de trabajo concertado" in nombres
    assert tablero(proceso).actual.etapa.numero == 1


def test_the_first_sentence_says_where_it_stands_what_is_missing_and_what_comes_next(proceso, planificadora):
    for producto in de_la_etapa(proceso, 1):
        cambiar(planificadora, producto, estado="entregado")
    _actas, matriz, consolidado = de_la_etapa(proceso, 2)
    cambiar(planificadora, consolidado, previsto=HOY() + timedelta(days=3))
    cambiar(planificadora, matriz, previsto=HOY() + timedelta(days=9))
    dia = (HOY() + timedelta(days=3)).strftime("%d/%m/%Y")
    frase = "Etapa 2 de 6: faltan 3 productos; lo próximo: diagnóstico municipal consolidado, para el " + dia + "."
    assert tablero(proceso).frase == frase
    cambiar(planificadora, consolidado, estado="no_aplica")
    assert tablero(proceso).proximo == matriz  # before the one without a day, which is first in order
    assert "faltan 2 productos" in tablero(proceso).frase


def test_what_is_late_is_told_with_its_days_in_any_stage(proceso, planificadora):
    ultimo = cambiar(planificadora, de_la_etapa(proceso, 6)[0], previsto=HOY() - timedelta(days=2))
    primero = cambiar(planificadora, de_la_etapa(proceso, 1)[0], previsto=HOY() - timedelta(days=5))
    uno = tablero(proceso)
    assert uno.atrasados == [primero, ultimo]
    assert "(5 días de atraso)" in uno.frase
    cambiar(planificadora, primero, estado="entregado")
    assert tablero(proceso).atrasados == [ultimo]
    hoy_mismo = cambiar(planificadora, ultimo, previsto=HOY())
    assert hoy_mismo.dias_de_atraso == 0


def test_it_concludes_when_nothing_is_missing_and_then_stands_still(proceso, planificadora):
    with pytest.raises(NoCorresponde, match="Faltan 20 productos"):
        servicio.concluir_proceso(por=planificadora, proceso=proceso, version=proceso.version)
    for producto in Producto.objects.filter(etapa__proceso=proceso):
        cambiar(planificadora, producto, estado="no_aplica")
    assert tablero(proceso).frase == "Nada falta en ninguna etapa: el proceso puede concluirse."
    hecho = servicio.concluir_proceso(por=planificadora, proceso=proceso, version=proceso.version)
    assert tablero(hecho).frase == "El proceso concluyó."
    with pytest.raises(NoCorresponde):
        cambiar(planificadora, de_la_etapa(proceso, 1)[0], estado="pendiente")
    with pytest.raises(NoCorresponde):
        servicio.agregar_paso(por=planificadora, etapa=proceso.etapas.first(), nombre="Otro")
    servicio.reabrir_proceso(por=planificadora, proceso=hecho, version=hecho.version)
    assert cambiar(planificadora, de_la_etapa(proceso, 1)[0], estado="pendiente").estado == "pendiente"


def test_the_process_shown_is_the_one_that_goes_on(proceso, planificadora, muni):
    vieja = Proceso.objects.create(
        municipio=muni, nombre="Futuro", desde=2030, hasta=2034, inicio=date(2024, 1, 1), estado="concluido"
    )
    assert proceso_de(muni, planificadora) == proceso
    proceso.delete()
    assert proceso_de(muni, planificadora) == vieja


# --- products and steps -----------------------------------------------------------------------------------------------
def test_what_is_handed_in_has_its_day_and_nothing_else_has(proceso, planificadora, muni):
    uno = de_la_etapa(proceso, 1)[0]
    assert cambiar(planificadora, uno, estado="entregado").entregado == HOY()
    with pytest.raises(ValidationError) as error:
        cambiar(planificadora, uno, estado="en_curso")
    assert list(error.value.message_dict) == ["entregado"]
    with pytest.raises(ValidationError, match="futura"):
        cambiar(planificadora, uno, entregado=HOY() + timedelta(days=1))
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(6, 0, 2))
    ajeno = Actor.objects.create(municipio=vecino, tipo="otb", nombre="Ajena")
    with pytest.raises(ValidationError, match="otro municipio"):
        cambiar(planificadora, uno, responsable=ajeno)


def test_a_product_is_written_on_the_version_that_was_read(proceso, planificadora):
    uno = de_la_etapa(proceso, 1)[0]
    leida = uno.version
    cambiar(planificadora, uno, nota="primera")
    for version, error in ((leida, VersionVieja), ("", FaltaVersion)):
        with pytest.raises(error):
            servicio.editar_producto(por=planificadora, producto=uno, version=version, datos={"nota": "otra"})
    uno.refresh_from_db()
    assert uno.nota == "primera"


def test_steps_and_products_of_its_own_come_last_and_a_step_takes_another_name(proceso, planificadora):
    etapa = proceso.etapas.get(numero=2)
    paso = servicio.agregar_paso(por=planificadora, etapa=etapa, nombre=" Mapas parlantes ")
    assert (paso.nombre, paso.orden) == ("Mapas parlantes", 5)
    producto = servicio.agregar_producto(por=planificadora, etapa=etapa, nombre="Mapas", paso=paso)
    assert producto.orden == 4
    with pytest.raises(ValidationError, match="otra etapa"):
        servicio.agregar_producto(por=planificadora, etapa=proceso.etapas.get(numero=1), nombre="X", paso=paso)
    servicio.renombrar_paso(por=planificadora, paso=paso, nombre="Mapas hablados", leido="Mapas parlantes")
    with pytest.raises(VersionVieja):
        servicio.renombrar_paso(por=planificadora, paso=paso, nombre="Croquis", leido="Mapas parlantes")


@pytest.mark.parametrize("rol", [Rol.FACILITADOR, Rol.CONCEJO, Rol.LECTOR])
def test_only_a_planner_leads_the_process(proceso, muni, rol):
    otra = miembro(muni, rol, "otra")
    with pytest.raises(PermissionDenied):
        cambiar(otra, de_la_etapa(proceso, 1)[0], estado="entregado")
    with pytest.raises(PermissionDenied):
        servicio.publicar_proceso(por=otra, proceso=proceso, version=proceso.version)
    with pytest.raises(PermissionDenied):
        guardar_actor(por=otra, municipio=muni, datos={"tipo": "otb", "nombre": "X"}, unidades=[])


# --- actors and law ---------------------------------------------------------------------------------------------------
def test_an_actor_speaks_for_units_of_its_municipality_and_a_change_of_them_is_another_version(
    muni, oeste, este, planificadora
):
    datos = {"tipo": "asociacion", "nombre": "Del río", "papel": "propone"}
    uno = guardar_actor(por=planificadora, municipio=muni, datos=datos, unidades=[oeste])
    leida = uno.version
    otra = guardar_actor(
        por=planificadora, municipio=muni, actor=uno, version=leida, datos=datos, unidades=[oeste, este]
    )
    assert otra.version > leida
    with pytest.raises(VersionVieja):
        guardar_actor(por=planificadora, municipio=muni, actor=uno, version=leida, datos=datos, unidades=[])
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(6, 0, 2))
    with pytest.raises(ValidationError, match="otro municipio"):
        guardar_actor(por=planificadora, municipio=muni, datos=datos | {"nombre": "X"}, unidades=[vecino])


def test_a_unit_is_written_by_its_label_its_code_or_a_part_of_its_name(muni, oeste, este):
    assert unidad_escrita(rotulo(oeste), muni) == oeste
    assert unidad_escrita("2", muni) == este
    assert unidad_escrita("óESTE", muni) == oeste  # whole names first, whatever the accents
    with pytest.raises(ValidationError, match=r"Hay varias: «Este .*«Oeste "):
        unidad_escrita("st", muni)
    with pytest.raises(ValidationError, match="No hay una unidad"):
        unidad_escrita("Norte", muni)


def test_territory_is_added_to_an_actor_without_any_script(muni, oeste, este, planificadora, client):
    entrar(client, planificadora)
    pedido = {"nombre": "Juntas", "tipo": "otb", "activo": "on", "unidades": [oeste.pk], "otra_unidad": "Este"}
    respuesta = client.post("/proceso/actores/nuevo/", pedido | {"agregar": "1"})
    assert respuesta.status_code == 200
    formulario: FormularioActor = respuesta.context["formulario"]
    assert formulario.data.getlist("unidades") == [str(oeste.pk), str(este.pk)]
    assert not Actor.objects.exists()
    assert client.post("/proceso/actores/nuevo/", pedido).status_code == 302
    assert set(Actor.objects.get().unidades.all()) == {oeste, este}


def test_the_law_of_the_country_comes_from_the_catalogue_and_is_nobodys_to_change(muni, planificadora):
    ley = NormaLegal.objects.get(municipio=None, tipo="ley", numero="777")
    assert ley.fuente
    with pytest.raises(NoCorresponde):
        guardar_norma(por=planificadora, municipio=muni, norma=ley, version=ley.version, datos={"titulo": "X"})
    propia = guardar_norma(
        por=planificadora,
        municipio=muni,
        datos={"tipo": "convenio", "numero": "3/2024", "titulo": "Con las OTB", "fecha": date(2024, 2, 16)},
    )
    assert propia.cita == "Convenio 3/2024 (16/02/2024)"
    citables = list(NormaLegal.objects.citables(muni))
    assert citables[-1] == propia
    assert ley in citables
    assert not any(norma.numero == "1551" for norma in citables)  # no longer in force
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(6, 0, 2))
    assert propia not in NormaLegal.objects.citables(vecino)


# --- pages ------------------------------------------------------------------------------------------------------------
def test_the_board_is_for_visitors_once_it_is_published(proceso, planificadora, muni, client):
    direccion = f"/proceso/?municipio={muni.codigo}"
    assert "todavía no hay un proceso" in client.get(direccion).content.decode().lower()
    producto = de_la_etapa(proceso, 1)[0]
    assert client.get(f"/proceso/productos/{producto.pk}/").status_code == 404
    servicio.publicar_proceso(por=planificadora, proceso=proceso, version=proceso.version)
    pagina = client.get(direccion).content.decode()
    assert "Etapa 1 de 6: faltan 4 productos" in pagina
    assert 'name="que"' not in pagina  # no buttons for her
    assert client.get(f"/proceso/productos/{producto.pk}/").status_code == 200


def test_a_form_on_an_old_version_says_what_changed_and_keeps_what_was_typed(proceso, planificadora, client):
    producto = de_la_etapa(proceso, 1)[0]
    entrar(client, planificadora)
    leida = producto.version
    cambiar(planificadora, producto, nota="de otra persona", estado="en_curso")
    pedido = {"version": leida, "nombre": "Otro nombre", "estado": "pendiente", "nota": "lo mío"}
    respuesta = client.post(f"/proceso/productos/{producto.pk}/editar/", pedido)
    assert respuesta.status_code == 409
    pagina = respuesta.content.decode()
    assert "de otra persona" in pagina
    assert 'value="Otro nombre"' in pagina
    pedido["version"] = respuesta.context["formulario"].data["version"]
    assert client.post(f"/proceso/productos/{producto.pk}/editar/", pedido).status_code == 302
    producto.refresh_from_db()
    assert (producto.nombre, producto.nota) == ("Otro nombre", "lo mío")


def test_an_etapa_of_another_municipality_takes_nothing(proceso, client):
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(6, 0, 2))
    entrar(client, miembro(vecino, Rol.PLANIFICADOR, "vecina"))
    etapa = Etapa.objects.filter(proceso=proceso).first()
    assert client.post(f"/proceso/etapas/{etapa.pk}/agregar/", {"que": "paso", "nombre": "X"}).status_code == 404
