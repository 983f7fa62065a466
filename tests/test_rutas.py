"""Every route of the service, asked by every reader: what is answered is what the table of permissions says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http.cookie import SimpleCookie
from django.test import Client
from django.urls import NoReverseMatch, reverse

from cuentas import rutas
from cuentas.models import Usuario
from cuentas.rutas import Celda, Quien, Ruta
from demandas.mesa.pedido import leer_pedido
from demandas.models import (
    Actor,
    CargaDeDemandas,
    Criterio,
    DatoInstitucional,
    Demanda,
    Etapa,
    Evento,
    Hallazgo,
    NormaLegal,
    Paso,
    Priorizacion,
    Proceso,
    Producto,
)
from demandas.services import priorizacion
from proyectos.models import PDM, POA, Proyecto
from territorio.localizacion import localizar
from territorio.models import Archivo, Equipamiento, Importacion, Invitacion, Membresia, Rol, UnidadTerritorial
from territorio.services import archivos, personas
from tests import hechos, mundo
from tests.imagenes import foto, pdf
from tests.quienes import entrar, miembro, verificada

pytestmark = pytest.mark.django_db
DE_FUERA = "203.0.113.9"  # an address that no setting trusts
RESERVADOS = (
    DatoInstitucional,
    Importacion,
    CargaDeDemandas,
    Membresia,
    Invitacion,
)  # nothing of theirs is ever public
# Members of the whole municipality and of part of it alike: plans are of nobody's district.
DE_TODO_MIEMBRO = (PDM, POA, Priorizacion, Evento, Hallazgo, Proceso, Etapa, Paso, Producto, *RESERVADOS)


@dataclass(frozen=True)
class Lector:
    nombre: str
    rol: str | None = None  # what the table calls her
    limitada: bool = False  # to the west


@dataclass(frozen=True)
class Caso:
    """A row as an address names it: whose it is, whether all may see it, whether it lies in the west."""

    nombre: str
    objeto: Any
    propio: bool = True
    publico: bool = True
    cerca: bool = True


LECTORES = [
    Lector("visitante"),
    *(Lector(rol, rol) for rol in Rol.values),
    Lector("planificadora del oeste", Rol.PLANIFICADOR, limitada=True),
    Lector("superusuaria", "superusuario"),
]


# --- the world --------------------------------------------------------------------------------------------------------
@dataclass
class Mundo:
    municipios: dict[bool, UnidadTerritorial]  # own, or the neighbour
    casos: dict[type, list[Caso]]
    fichas: dict[bool, str]
    clientes: dict[str, Client]
    sin_codigo: dict[str, Client]


@pytest.fixture(autouse=True)
def sin_pintar(monkeypatch):
    """Pages are asked for by thousands; what stands in them is the matter of other tests."""
    monkeypatch.setattr("django.template.backends.django.Template.render", lambda *args, **kwargs: "")
    monkeypatch.setattr("territorio.impresos.pdf", lambda *args, **kwargs: b"")


@pytest.fixture
def mundo_entero(settings, tmp_path) -> Mundo:
    settings.MEDIA_ROOT = tmp_path
    casos: dict[type, list[Caso]] = {}

    def anotar(modelo: type, nombre: str, objeto: Any, **como: bool) -> None:
        casos.setdefault(modelo, []).append(Caso(nombre, objeto, **como))

    municipios, fichas = {}, {}
    unidad = partial(mundo.unidad, ubicar=False)
    for propio, codigo, x in ((True, "990101", 0), (False, "990102", 4)):
        muni = unidad("municipio", codigo, mundo.cuadro(x, 0, 4, 2), personas=1000)
        oeste = unidad("distrito", "1", mundo.cuadro(x, 0, 2), municipio=muni)
        este = unidad("distrito", "2", mundo.cuadro(x + 2, 0, 2), municipio=muni)
        comunidad = unidad("comunidad", "c", mundo.cuadro(x, 0), municipio=muni, padre=oeste)
        anotar(UnidadTerritorial, "comunidad", comunidad, propio=propio)
        anotar(UnidadTerritorial, "distrito del este", este, propio=propio, cerca=False)
        municipios[propio] = muni
    localizar(UnidadTerritorial.objects.all())
    for propio, x in ((True, 0), (False, 4)):
        muni = municipios[propio]
        quien = verificada(miembro(muni, Rol.PLANIFICADOR, f"autora-{x}"))
        for publico, cerca in ((True, True), (False, True), (False, False)):
            if not propio and not cerca:
                continue
            como = {"propio": propio, "publico": publico, "cerca": cerca}
            clave, lugar = f"{publico}-{cerca}", mundo.punto(x + (0.5 if cerca else 3), 0.5)
            demanda = hechos.demanda(muni, clave, lugar, publicada=publico)
            donde = UnidadTerritorial.objects.get(
                municipio=muni, nivel__codigo="distrito", codigo="1" if cerca else "2"
            )
            reunion = Evento.objects.create(
                municipio=muni,
                tipo="cumbre",
                unidad=donde,
                fecha=date(2024, 5, 1),
                estado="realizado",
                publicado=publico,
            )
            anotar(Evento, clave, reunion, **como)
            hallado = Hallazgo.objects.create(
                municipio=muni, unidad=donde, tipo="problema", texto="Falta agua", publicado=publico
            )
            anotar(Hallazgo, clave, hallado, **como)
            proyecto = hechos.proyecto(muni, clave, lugar, publicado=publico)
            anotar(Demanda, clave, demanda, **como)
            anotar(Proyecto, clave, proyecto, **como)
            imagen = SimpleUploadedFile("foto.jpg", foto(), content_type="image/jpeg")
            archivo = archivos.adjuntar(por=quien, objeto=proyecto, archivo=imagen, clase="foto")
            if publico:
                archivos.publicar(uid=archivo.uid, por=quien, publico=True)
            anotar(Archivo, clave, archivo, **como)
        for publico, pdm, poa, desde in ((True, "publicado", "aprobado", 2016), (False, "borrador", "borrador", 2021)):
            como = {"propio": propio, "publico": publico}
            plan = PDM.objects.create(municipio=muni, nombre=pdm, desde=desde, hasta=desde + 4, estado=pdm)
            anotar(PDM, pdm, plan, **como)
            anotar(POA, poa, POA.objects.create(municipio=muni, gestion=desde, estado=poa), **como)
            proceso = Proceso.objects.create(
                municipio=muni, nombre=pdm, desde=desde, hasta=desde, inicio=date(2016, 1, 1), publicado=publico
            )
            etapa = Etapa.objects.create(proceso=proceso, numero=1, nombre="Una")
            anotar(Proceso, pdm, proceso, **como)
            anotar(Etapa, pdm, etapa, **como)
            anotar(Paso, pdm, Paso.objects.create(etapa=etapa, orden=1, nombre="Uno"), **como)
            anotar(Producto, pdm, Producto.objects.create(etapa=etapa, orden=1, nombre="Uno"), **como)
        anotar(Actor, "actor", Actor.objects.create(municipio=muni, tipo="otb", nombre="Una"), propio=propio)
        norma = NormaLegal.objects.create(municipio=muni, tipo="ordenanza", numero="1", titulo="Una")
        anotar(NormaLegal, "norma", norma, propio=propio)
        dato = DatoInstitucional.objects.create(
            municipio=muni, apartado="personal", concepto="Técnicos", anio=2024, cantidad=6
        )
        anotar(DatoInstitucional, "dato", dato, propio=propio, publico=False)
        servicio = hechos.equipamiento(muni, "1", mundo.punto(x + 0.5, 0.5))
        anotar(Equipamiento, "servicio", servicio, propio=propio)
        lejos = hechos.equipamiento(muni, "2", mundo.punto(x + 3, 0.5))
        anotar(Equipamiento, "servicio del este", lejos, propio=propio, cerca=False)
        importacion = Importacion.objects.create(
            municipio=muni, nivel=mundo.nivel("distrito"), por=quien, archivo="d.geojson", sha256="0" * 64,
            estado="cancelada", pedido={"nivel": "distrito", "municipio": muni.codigo},
        )  # fmt: skip
        anotar(Importacion, "importación", importacion, propio=propio, publico=False)
        carga = CargaDeDemandas.objects.create(
            municipio=muni, por=quien, archivo="d.csv", sha256="0" * 64, estado="fallida", pedido={"publicar": False}
        )
        anotar(CargaDeDemandas, "carga", carga, propio=propio, publico=False)
        pedido = leer_pedido({"techo": "1000", "estado": "abiertas"}, muni)
        for nombre in ("aprobada", "en discusión"):
            corrida = priorizacion.crear_corrida(por=quien, pedido=pedido, nombre=nombre)
            if nombre == "aprobada":
                cumbre = Evento.objects.create(
                    municipio=muni,
                    unidad=muni,
                    tipo="cumbre",
                    fecha=date(2025, 1, 1),
                    estado="realizado",
                    acuerdos="Sí",
                )
                priorizacion.aprobar(por=quien, corrida=corrida, evento=cumbre)
            anotar(Priorizacion, nombre, corrida, propio=propio, publico=nombre == "aprobada")
        criterio = Criterio.objects.create(municipio=muni, clave="propio", nombre="Propio")
        anotar(Criterio, "criterio", criterio, propio=propio)
        tercera = miembro(muni, Rol.LECTOR, f"tercera-{x}")
        anotar(Membresia, "membresía", tercera.membresias.get(), propio=propio, publico=False)
        invitacion, fichas[propio] = personas.invitar(por=None, municipio=muni, rol=Rol.LECTOR, nota="x")
        anotar(Invitacion, "invitación", invitacion, propio=propio, publico=False)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # thousands of requests are about to be planned
    oeste = UnidadTerritorial.objects.get(municipio=municipios[True], nivel__codigo="distrito", codigo="1")
    clientes = {lector.nombre: _cliente(lector, municipios[True], oeste) for lector in LECTORES}
    sin_codigo = {}
    for lector in LECTORES:
        if lector.rol in {"concejo", "administrador", "superusuario"}:
            otra = Client(raise_request_exception=False, REMOTE_ADDR=DE_FUERA)
            sin_codigo[lector.nombre] = entrar(otra, Usuario.objects.get(username=lector.nombre), con_codigo=False)
    return Mundo(municipios, casos, fichas, clientes, sin_codigo)


def _cliente(lector: Lector, municipio: UnidadTerritorial, oeste: UnidadTerritorial) -> Client:
    cliente = Client(raise_request_exception=False, REMOTE_ADDR=DE_FUERA)
    if lector.rol is None:
        return cliente
    if lector.rol == "superusuario":
        return entrar(cliente, Usuario.objects.create_superuser(lector.nombre))
    return entrar(cliente, miembro(municipio, lector.rol, lector.nombre, unidades=[oeste] if lector.limitada else []))


# --- what the table says ----------------------------------------------------------------------------------------------
def esperado(ruta: Ruta, lector: Lector, caso: Caso) -> set[str]:
    regla, celda = ruta.regla, ruta.regla.celda(lector.rol)
    if regla.quien is Quien.MAQUINA:
        return {"negado"}
    if regla.quien is Quien.SUPERUSUARIO:
        # Django's own pages say by themselves what can't be done in them.
        return {"a otra puerta", "negado"} if celda is Celda.NO else {"pasa", "negado", "no existe", "405", "adentro"}
    se_ve = regla.de is None or la_ve(lector, caso, regla.de)
    if regla.quien is Quien.TODOS:
        return {"pasa"} if se_ve else {"no existe"}
    if lector.rol is None:
        if ruta.es_api:
            return {"negado"}
        return {"a otra puerta", "negado"} if se_ve and not regla.oculta else {"a otra puerta", "no existe"}
    if not se_ve:
        return {"no existe"}
    alcanza = regla.quien is Quien.CUENTA or lector.rol == "superusuario" or alcanza_a(lector, caso, regla.de)
    if celda is not Celda.NO and alcanza:
        return {"pasa"}
    if not caso.propio and regla.de is not None:
        return {"negado", "no existe"}  # what all may see, of a neighbour: to be written it is not there
    return {"no existe"} if regla.oculta else {"negado"}


def la_ve(lector: Lector, caso: Caso, modelo: type) -> bool:
    if caso.publico or lector.rol == "superusuario":
        return True
    if lector.rol is None or not caso.propio:
        return False
    return not lector.limitada or caso.cerca or modelo in DE_TODO_MIEMBRO


def alcanza_a(lector: Lector, caso: Caso, modelo: type | None) -> bool:
    """Whether her role counts for that row: a limited one only for what lies in the west."""
    if not lector.limitada:
        return caso.propio
    return (
        caso.propio
        and caso.cerca
        and modelo
        in {
            UnidadTerritorial,
            Demanda,
            Proyecto,
            Equipamiento,
            Archivo,
            Evento,
            Hallazgo,
        }
    )


# --- what is answered -------------------------------------------------------------------------------------------------
def respondido(respuesta) -> str:
    estado, destino = respuesta.status_code, respuesta.headers.get("Location", "")
    if estado == 302 and destino.startswith("/entrar/codigo/"):
        return "pide el código"
    if estado == 302 and destino.startswith(("/entrar/", "/admin/login/")):
        return "a otra puerta"
    if estado == 302 and destino == "/admin/":
        return "adentro" if respuesta.wsgi_request.user.is_superuser else "a otra puerta"
    if estado in {401, 403}:
        return "negado"
    if estado == 404:
        return "no existe"
    return "pasa" if estado < 500 and estado != 405 else str(estado)


def pedir(cliente: Client, ruta: Ruta, direccion: str, cuerpo: dict | None):
    """Ask once, and undo whatever it did: to the rows, and to the reader's session."""
    galletas = cliente.cookies.output(header="", sep=";")
    json = ruta.es_api and not any(hasattr(v, "read") for v in (cuerpo or {}).values())
    opciones: dict[str, Any] = {"data": cuerpo or {}}
    if json and ruta.metodo != "GET":
        opciones["content_type"] = "application/json"
    with transaction.atomic():
        respuesta = getattr(cliente, ruta.metodo.lower())(direccion, **opciones)
        if respuesta.streaming:
            list(respuesta.streaming_content)  # its end is the end of the request
        transaction.set_rollback(True)
    cliente.cookies = SimpleCookie(galletas)
    return respuesta


def casos_de(ruta: Ruta, m: Mundo) -> list[Caso]:
    if ruta.regla.de is not None:
        return m.casos[ruta.regla.de]
    if ruta.regla.quien is Quien.ROL or "<str:municipio>" in ruta.direccion:
        return [Caso("propio", m.municipios[True]), Caso("ajeno", m.municipios[False], propio=False)]
    return [Caso("", m.municipios[True])]


def direccion_de(ruta: Ruta, caso: Caso, m: Mundo) -> str:
    objeto = caso.objeto
    valores = {
        "pk": objeto.pk,
        "uid": getattr(objeto, "uid", ""),
        "municipio": getattr(objeto, "codigo", ""),
        "nivel": "distrito",
        "capa": "demandas",
        "formato": "geojson",
        "ficha": m.fichas[True],
        "object_id": "1",
        "id": "1",
        "content_type_id": "1",
        "app_label": "cuentas",
        "url": "nada",
        **dict(ruta.regla.fijos),
    }
    nombres = re.findall(r"<(?:\w+:)?(\w+)>", ruta.direccion)
    try:
        direccion = reverse(ruta.nombre, kwargs={nombre: valores[nombre] for nombre in nombres})
    except NoReverseMatch:  # the one that takes all the rest of /admin/
        direccion = "/admin/nada/"
    # Where the address names no row, the query names the municipality.
    if ruta.regla.quien is Quien.ROL and ruta.regla.de is None and not ruta.es_api:
        direccion += f"?municipio={objeto.codigo}"
    return direccion + ("?lat=-16.99&lon=-64.99" if ruta.nombre in {"api-donde", "paginas:aqui"} else "")


def cuerpo_de(ruta: Ruta, caso: Caso) -> dict | None:
    """What is sent where an empty body would be refused before anybody asks who sends it."""
    objeto = caso.objeto
    if ruta.metodo != "POST":
        return {dict(ruta.regla.fijos)["de"]: objeto.pk} if ruta.nombre == "archivo-list" else None
    archivo = SimpleUploadedFile("a.pdf", pdf(), content_type="application/pdf")
    nuevo = {"municipio": getattr(objeto, "codigo", ""), "nombre": "Nueva", "codigo": "n"}
    return {
        "unidad-list": nuevo | {"nivel": "comunidad"},
        "equipamiento-list": nuevo | {"sector": "20", "tipo": "posta"},
        "sucesion-list": {"motivo": "sustitucion", "predecesoras": [objeto.pk], "desde": "2024-01-01"},
        "importacion-list": {"municipio": nuevo["municipio"], "nivel": "distrito", "archivos": archivo},
        "demanda-list": {"municipio": nuevo["municipio"], "titulo": "Agua", "envio": str(uuid4())},
        "archivo-list": {dict(ruta.regla.fijos).get("de", ""): objeto.pk, "clase": "acta", "archivo": archivo},
        "importacion-aceptar": {"huella": "0" * 64},
        "demandas:publicar": {"publicar": "1", "elegida": f"{objeto.pk}:1"},
        "demandas:validar": {"elegida": f"{objeto.pk}:1"},
        "proyectos:publicar": {"publicar": "1", "elegida": f"{objeto.pk}:1"},
    }.get(ruta.nombre)


# Where who may is answered something else, with the reason.
DE_OTRO_MODO = {
    ("territorio:importacion-mapa", "GET"): {"no existe"},  # this import left no drawing
    ("salud-listo", "GET"): {"503"},  # no worker of the queue is there
}


def recorrer(m: Mundo) -> Iterator[tuple[Ruta, Caso, str]]:
    for ruta in rutas.tabla():
        for caso in casos_de(ruta, m):
            yield ruta, caso, direccion_de(ruta, caso, m)


def test_every_route_has_a_rule_and_every_rule_a_route():
    tabla = rutas.tabla()
    assert [ruta.direccion for ruta in tabla if ruta.regla is None] == []
    assert rutas.declaradas() - {ruta.nombre for ruta in tabla} == set()


def test_every_route_answers_every_reader_as_the_table_says(mundo_entero):
    diferencias, hechos_ = [], 0
    for ruta, caso, direccion in recorrer(mundo_entero):
        for lector in LECTORES:
            if not caso.cerca and not lector.limitada:
                continue  # to all others the east is as the west
            espera = esperado(ruta, lector, caso)
            if espera == {"pasa"}:
                espera = DE_OTRO_MODO.get((ruta.nombre, ruta.metodo), espera)
            respuesta = pedir(mundo_entero.clientes[lector.nombre], ruta, direccion, cuerpo_de(ruta, caso))
            hechos_ += 1
            if (dado := respondido(respuesta)) not in espera:
                diferencias.append(
                    f"{ruta.metodo} {direccion} [{ruta.nombre}, {caso.nombre}] a {lector.nombre}: "
                    f"{respuesta.status_code} {dado}, y la tabla dice {espera}"
                )
    assert not diferencias, f"{len(diferencias)} de {hechos_}:\n" + "\n".join(diferencias)


def test_what_asks_for_the_code_is_not_done_without_it(mundo_entero):
    diferencias = []
    for ruta, caso, direccion in recorrer(mundo_entero):
        for lector in LECTORES:
            if lector.nombre not in mundo_entero.sin_codigo or not caso.propio:
                continue
            if ruta.regla.celda(lector.rol) is not Celda.CODIGO or ruta.nombre.startswith("salud"):
                continue
            respuesta = pedir(mundo_entero.sin_codigo[lector.nombre], ruta, direccion, cuerpo_de(ruta, caso))
            if respondido(respuesta) != ("negado" if ruta.es_api else "pide el código"):
                diferencias.append(f"{ruta.metodo} {direccion} a {lector.nombre}: {respuesta.status_code}")
    assert not diferencias, "\n".join(diferencias)
