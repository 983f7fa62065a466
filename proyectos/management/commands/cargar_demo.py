"""Load the invented municipality of `fixtures/demo` through the importers, as anyone would load her own."""

import csv
import secrets
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cuentas.auditoria import en_nombre_de
from demandas.demostracion import cargar_proceso
from demandas.mesa.pedido import leer_pedido
from demandas.models import CargaDeDemandas, DatoInstitucional, Evento, Priorizacion
from demandas.services import cargas, marcha_cargas, priorizacion
from demandas.services.institucional import registrar_dato
from proyectos.models import PDM, POA
from proyectos.services.tramite import dar_paso
from territorio.models import Membresia, Municipio, Rol, UnidadTerritorial

CARPETA = Path(settings.BASE_DIR) / "fixtures" / "demo"
CODIGO = settings.MINKA_MUNICIPIO_DEMO
FUENTE = "Datos inventados de demostración"
CON_DISTRITO = ["--padre", "distrito", "--nivel-padre", "distrito"]
DESDE_2001 = ["--vigente-desde", "2001-09-05"]
LEY_DE_2019 = "Ley municipal 017/2019 (inventada)"
PASOS = [
    ("municipios y franja en disputa", "importar_limites", "municipios.geojson", ["--nivel", "municipio", *DESDE_2001]),
    (
        "distritos hasta 2019", "importar_limites", "distritos_2005.geojson",
        ["--nivel", "distrito", "--municipio", CODIGO, "--vigente-desde", "2005-03-01"],
    ),
    (
        "distritos", "importar_limites", "distritos.geojson",
        ["--nivel", "distrito", "--municipio", CODIGO, "--vigente-desde", "2019-06-15", "--norma", LEY_DE_2019],
    ),
    ("cantones", "importar_limites", "cantones.geojson", ["--nivel", "canton", "--municipio", CODIGO, *DESDE_2001]),
    (
        "comunidades", "importar_limites", "comunidades.geojson",
        ["--nivel", "comunidad", "--municipio", CODIGO, *CON_DISTRITO, *DESDE_2001, "--sin-geometria"],
    ),
    ("OTB", "importar_limites", "otbs.geojson", ["--nivel", "otb", "--municipio", CODIGO, *CON_DISTRITO, *DESDE_2001]),
    ("habitantes por sexo y edad", "importar_poblacion", "poblacion.csv", ["--municipio", CODIGO]),
    ("necesidades básicas insatisfechas", "importar_indicadores", "indicadores.csv", ["--municipio", CODIGO]),
    ("servicios", "importar_equipamientos", "equipamientos.csv", ["--municipio", CODIGO]),
    ("demandas", "importar_demandas", "demandas.csv", ["--municipio", CODIGO]),
    ("autodiagnósticos", "importar_hallazgos", "hallazgos.csv", ["--municipio", CODIGO]),
    ("proyectos", "importar_proyectos", "proyectos.csv", ["--municipio", CODIGO]),
]  # fmt: skip
USUARIOS = [
    ("administradora", Rol.ADMINISTRADOR),
    ("planificadora", Rol.PLANIFICADOR),
    ("tecnico", Rol.TECNICO_SIG),
    ("facilitadora", Rol.FACILITADOR),
    ("comite", Rol.COMITE),
    ("concejo", Rol.CONCEJO),
]

# What was done of each plan, as if its people had recorded it that day: step, who, day, and what it says.
RESOLUCION, LEY = {"norma": "resolucion"}, {"norma": "ley"}
FALTA_AGUA = (
    "Falta programar el agua de las comunidades que la pidieron dos años seguidos; revisar y volver a presentar."
)
ACTOS: dict[str, list[tuple[str, str, date, dict[str, Any]]]] = {
    "PDM 2025-2029": [
        (
            "presentar",
            "planificadora",
            date(2024, 10, 21),
            {"nota": "Concertado en la cumbre municipal del 18 de octubre."},
        ),
        ("devolver", "concejo", date(2024, 11, 5), {"nota": FALTA_AGUA}),
        ("presentar", "planificadora", date(2024, 11, 18), {"nota": "Con los proyectos de agua que pidió el Concejo."}),
        ("aprobar", "concejo", date(2024, 11, 27), RESOLUCION | {"norma_numero": "041/2024"}),
        ("publicar", "planificadora", date(2024, 12, 2), {}),
    ],
    "POA 2025": [
        ("presentar", "planificadora", date(2024, 12, 4), {"nota": "Con el pronunciamiento del control social."}),
        ("aprobar", "concejo", date(2024, 12, 13), RESOLUCION | {"norma_numero": "046/2024"}),
        ("iniciar", "planificadora", date(2025, 1, 2), {}),
        ("cerrar", "planificadora", date(2026, 1, 15), {}),
    ],
    "POA 2026": [
        ("presentar", "planificadora", date(2025, 9, 1), {"nota": "Con el pronunciamiento del control social."}),
        ("aprobar", "concejo", date(2025, 9, 9), LEY | {"norma_numero": "058/2025"}),
        ("iniciar", "planificadora", date(2026, 1, 2), {}),
    ],
}


class Command(BaseCommand):
    help = "Carga el municipio inventado de demostración y sus usuarios. Repetirlo no cambia nada."

    def handle(self, *args, **options) -> None:
        self._cargar(PASOS[:-1])
        municipio = Municipio.objects.get(codigo=CODIGO)
        self._usuarios(municipio)
        nuevos = _planes_en_borrador(municipio)
        self._cargar(PASOS[-1:])
        for documento in nuevos:
            _dar_pasos(documento)
        _proceso(municipio)
        _diagnostico_institucional(municipio)
        _priorizaciones(municipio)
        _archivo_por_revisar(municipio)

    def _cargar(self, pasos) -> None:
        for que, comando, archivo, opciones in pasos:
            salida = StringIO()
            extra = ["--fuente", FUENTE] + (["--censo", "2024"] if comando == "importar_limites" else [])
            try:
                call_command(comando, str(CARPETA / archivo), *opciones, *extra, stdout=salida)
            except SystemExit as e:
                raise CommandError(f"No se pudo cargar {archivo}:\n{salida.getvalue()}") from e
            self.stdout.write(f"  {que}: {salida.getvalue().strip().splitlines()[-1].capitalize()}")

    def _usuarios(self, municipio) -> None:
        """Demo users share one password, made anew on each machine and kept in `var/`."""
        archivo = settings.VAR_DIR / "demo_usuarios.txt"
        archivo.parent.mkdir(exist_ok=True)
        faltan = [nombre for nombre, _rol in USUARIOS if not get_user_model().objects.filter(username=nombre).exists()]
        if not faltan and archivo.exists():
            return
        clave = f"minka-{secrets.token_hex(3)}"
        for nombre, rol in USUARIOS:
            usuario, _creado = get_user_model().objects.get_or_create(username=nombre)
            usuario.set_password(clave)
            usuario.save()
            Membresia.objects.get_or_create(usuario=usuario, municipio=municipio, rol=rol)
        lineas = [f"  {nombre:<14} {clave}   ({Rol(rol).label})" for nombre, rol in USUARIOS]
        archivo.write_text(
            "Usuarios de demostración (usuario, contraseña):\n"
            + "\n".join(lineas)
            + "\nA concejo y a administradora se les pide además un código del teléfono: al entrar se ve cómo ponerlo.\n",
            encoding="utf-8",
        )
        archivo.chmod(0o600)


def _planes_en_borrador(municipio) -> list[PDM | POA]:
    """The plans of the demo that are not there yet, begun: what their projects say is then loaded into them."""
    pdm, nuevo = PDM.objects.get_or_create(
        municipio=municipio, desde=2025, hasta=2029, defaults={"nombre": "PDM 2025-2029"}
    )
    nuevos: list[PDM | POA] = [pdm] if nuevo else []
    for gestion in (2025, 2026):
        poa, nuevo = POA.objects.get_or_create(municipio=municipio, gestion=gestion)
        nuevos += [poa] if nuevo else []
    return nuevos


def _dar_pasos(documento: PDM | POA) -> None:
    for clave, quien, fecha, datos in ACTOS[str(documento)]:
        usuario = get_user_model().objects.get(username=quien)
        documento.refresh_from_db()  # its projects were loaded meanwhile
        usuario.is_verified = lambda: True  # nobody signed in: the person is as invented as the act
        fecha = min(fecha, timezone.localdate())  # a clock may be behind
        with en_nombre_de(usuario):
            dar_paso(por=usuario, documento=documento, clave=clave, version=documento.version, fecha=fecha, **datos)


def _proceso(municipio) -> None:
    """Its planning process, as its planner recorded it."""
    planificadora = get_user_model().objects.get(username="planificadora")
    with en_nombre_de(planificadora):
        cargar_proceso(por=planificadora, municipio=municipio, carpeta=CARPETA)


def _archivo_por_revisar(municipio) -> None:
    """What a workshop's sheet looks like before somebody accepts it: a word that is no sector, a rank given twice."""
    if CargaDeDemandas.objects.filter(municipio=municipio).exists():
        return
    planificadora = get_user_model().objects.get(username="planificadora")
    hoja = CARPETA / "taller_por_cargar.csv"
    with en_nombre_de(planificadora):
        carga = cargas.recibir(
            por=planificadora,
            municipio=municipio,
            archivo=SimpleUploadedFile(hoja.name, hoja.read_bytes()),
            fuente=FUENTE,
        )
    marcha_cargas.leer(uid=carga.uid, trabajo=carga.trabajo)


def _diagnostico_institucional(municipio) -> None:
    """Facts of the institution by year, once; what was corrected since stays."""
    if DatoInstitucional.objects.filter(municipio=municipio).exists():
        return
    planificadora = get_user_model().objects.get(username="planificadora")
    with (CARPETA / "institucional.csv").open(encoding="utf-8", newline="") as archivo:
        for fila in csv.DictReader(archivo):
            datos = {clave: valor or None for clave, valor in fila.items() if clave in ("cantidad", "monto")}
            registrar_dato(por=planificadora, municipio=municipio, datos=fila | datos | {"anio": int(fila["anio"])})


def _priorizaciones(municipio) -> None:
    """One run that a district's workshop approved, and one that waits for the summit."""
    if Priorizacion.objects.filter(municipio=municipio).exists():
        return
    with (CARPETA / "priorizaciones.csv").open(encoding="utf-8", newline="") as texto:
        filas = list(csv.DictReader(texto))
    planificadora = get_user_model().objects.get(username="planificadora")
    for fila in filas:
        unidad = UnidadTerritorial.objects.filter(municipio=municipio, codigo=fila["distrito"]).first()
        datos = {"estado": fila["demandas"], "regla": fila["regla"], "techo": fila["techo"]}
        pedido = leer_pedido(datos | ({"unidad": str(unidad.pk)} if unidad else {}), municipio)
        with en_nombre_de(planificadora):
            corrida = priorizacion.crear_corrida(
                por=planificadora, pedido=pedido, nombre=fila["nombre"], alcance=fila["alcance"]
            )
            if fila["taller"]:
                taller = Evento.objects.filter(municipio=municipio, unidad=unidad, tipo=fila["taller"]).latest("fecha")
                priorizacion.aprobar(por=planificadora, corrida=corrida, evento=taller)
        for nota in fila["notas"].split(";"):
            quien, _igual, dicho = nota.partition("=")
            usuario = get_user_model().objects.get(username=quien)
            with en_nombre_de(usuario):
                priorizacion.anotar(por=usuario, corrida=corrida, texto=dicho)
