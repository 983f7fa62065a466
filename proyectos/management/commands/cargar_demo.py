"""Load the invented municipality of `fixtures/demo` through the importers, as anyone would load her own."""

import secrets
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from territorio.models import Membresia, Municipio, Rol

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
    ("proyectos", "importar_proyectos", "proyectos.csv", ["--municipio", CODIGO]),
]  # fmt: skip
USUARIOS = [
    ("planificadora", Rol.PLANIFICADOR),
    ("tecnico", Rol.TECNICO_SIG),
    ("facilitadora", Rol.FACILITADOR),
    ("comite", Rol.COMITE),
    ("concejo", Rol.CONCEJO),
]


class Command(BaseCommand):
    help = "Carga el municipio inventado de demostración y sus usuarios. Repetirlo no cambia nada."

    def handle(self, *args, **options) -> None:
        for que, comando, archivo, opciones in PASOS:
            salida = StringIO()
            extra = ["--fuente", FUENTE] + (["--censo", "2024"] if comando == "importar_limites" else [])
            try:
                call_command(comando, str(CARPETA / archivo), *opciones, *extra, stdout=salida)
            except SystemExit as e:
                raise CommandError(f"No se pudo cargar {archivo}:\n{salida.getvalue()}") from e
            self.stdout.write(f"  {que}: {salida.getvalue().strip().splitlines()[-1].capitalize()}")
        municipio = Municipio.objects.get(codigo=CODIGO)
        self._usuarios(municipio)

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
            "Usuarios de demostración (usuario, contraseña):\n" + "\n".join(lineas) + "\n", encoding="utf-8"
        )
        archivo.chmod(0o600)
