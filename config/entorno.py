"""The environment read with care: every variable that is missing or cannot be is named, all at once, with what to put."""

import warnings
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from cuentas.guardia.medida import leer_ritmo

# Entorno has methods of these names, as django-environ has.
Logico: TypeAlias = bool
Lista: TypeAlias = list[str]
Caja: TypeAlias = tuple[float, float, float, float]
ESQUEMAS = {"postgis", "postgres", "postgresql", "pgsql"}
EJEMPLO_DE_BASE = "postgis://usuario:clave@servidor:5432/minka"
LARGO_DE_CLAVE = 50


class Entorno(environ.Env):
    """As django-environ, but what cannot be is kept for `terminar`, which says everything in one message.

    No message repeats a value that may be secret.
    """

    def __init__(self, archivo: Path) -> None:
        super().__init__()
        self.problemas: list[str] = []
        if archivo.exists():
            self.read_env(archivo)

    def falta(self, variable: str, que_poner: str) -> None:
        self.problemas.append(f"Falta la variable {variable}: {que_poner}")

    def mal(self, variable: str, por_que: str) -> None:
        self.problemas.append(f"{variable} {por_que}")

    # --- what django-environ calls for each variable ---
    def int(self, var: str, default: Any = environ.Env.NOTSET) -> Any:
        crudo = self.str(var, default="").strip()
        if not crudo:
            return default
        try:
            numero = int(crudo)
        except ValueError:
            self.mal(var, f"debe ser un número entero, y dice «{crudo[:40]}».")
            return default
        if not 0 <= numero < 2**53:
            self.mal(var, f"debe ser un número entero desde 0, y dice «{crudo[:40]}».")
            return default
        return numero

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> Any:
        crudo = self.str(var, default="").strip().lower()
        if crudo not in {*self.BOOLEAN_TRUE_STRINGS, *self.BOOLEAN_FALSE_STRINGS, ""}:
            self.mal(var, f"debe ser 1 o 0, y dice «{crudo[:40]}».")
            return default
        return crudo in self.BOOLEAN_TRUE_STRINGS if crudo else default

    BOOLEAN_FALSE_STRINGS = ("false", "off", "f", "no", "n", "0")

    # --- what Minka asks for ---
    def clave(self, *, produccion: Logico) -> str:
        """SECRET_KEY; empty where there is none and none is needed."""
        clave = self.str("SECRET_KEY", default="")
        if produccion and not clave:
            self.falta("SECRET_KEY", f"en producción ponga {LARGO_DE_CLAVE} caracteres al azar o más.")
        elif produccion and (len(clave) < LARGO_DE_CLAVE or len(set(clave)) < 5):
            self.mal("SECRET_KEY", f"es demasiado simple: ponga {LARGO_DE_CLAVE} caracteres al azar o más.")
        return clave

    def anfitriones(self, *, produccion: Logico) -> Lista:
        if not produccion:
            return self.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
        anfitriones = [uno for uno in self.list("ALLOWED_HOSTS", default=[]) if uno]
        if not anfitriones:
            self.falta("ALLOWED_HOSTS", "ponga los nombres con que se llega al servicio: minka.ejemplo.bo")
        elif "*" in anfitriones:
            self.mal("ALLOWED_HOSTS", "no puede ser «*»: ponga los nombres con que se llega al servicio.")
        return anfitriones

    def origenes(self) -> Lista:
        origenes = self.list("CSRF_TRUSTED_ORIGINS", default=[])
        if any(urlsplit(uno).scheme not in {"http", "https"} or not urlsplit(uno).netloc for uno in origenes):
            self.mal("CSRF_TRUSTED_ORIGINS", "lleva direcciones con su esquema: https://minka.ejemplo.bo")
        return origenes

    def base(self, *, produccion: Logico) -> dict[str, Any]:
        """The database of DATABASE_URL; the private cluster's where it is not told, which production must."""
        crudo = self.str("DATABASE_URL", default="")
        if not crudo:
            if produccion:
                self.falta("DATABASE_URL", f"ponga {EJEMPLO_DE_BASE}")
            return self.db_url_config("postgis:///minka")
        try:
            partes = urlsplit(crudo)
            esquema, nombre, _puerto = partes.scheme, partes.path.rsplit("/", 1)[-1], partes.port
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they repeat the address, with its password
                base = self.db_url_config(crudo)
        except (ValueError, KeyError, ImproperlyConfigured):
            self.mal("DATABASE_URL", f"no se entiende: ponga {EJEMPLO_DE_BASE}")
            return self.db_url_config("postgis:///minka")
        if esquema not in ESQUEMAS:
            self.mal("DATABASE_URL", f"empieza con «{esquema[:20]}:», y Minka necesita PostGIS: {EJEMPLO_DE_BASE}")
        elif not nombre:
            self.mal("DATABASE_URL", f"no dice el nombre de la base: ponga {EJEMPLO_DE_BASE}")
        elif produccion and not partes.hostname and not base.get("HOST") and "host=" not in partes.query:
            self.mal("DATABASE_URL", f"no dice el servidor (o la carpeta de su zócalo): ponga {EJEMPLO_DE_BASE}")
        return base

    def caja(self, variable: str, defecto: Caja) -> Caja:
        """A box in degrees: west, south, east, north."""
        crudo = self.str(variable, default="")
        if not crudo:
            return defecto
        try:
            oeste, sur, este, norte = (float(texto) for texto in crudo.split(","))
        except ValueError:
            self.mal(variable, "son cuatro números separados por comas: oeste,sur,este,norte.")
            return defecto
        # Comparisons with NaN are false.
        if not (-180 <= oeste < este <= 180 and -90 <= sur < norte <= 90):
            self.mal(variable, "no encierra nada: va en grados y en el orden oeste,sur,este,norte.")
            return defecto
        return oeste, sur, este, norte

    def mapa_base(self, variable: str) -> str:
        plantilla = self.str(variable, default="")
        partes = urlsplit(plantilla)
        completa = (
            partes.scheme in {"http", "https"}
            and partes.netloc
            and all(pieza in plantilla for pieza in ("{z}", "{x}", "{y}"))
        )
        if plantilla and (not completa or set(plantilla) & set(" ;,'\"")):
            self.mal(variable, "es una dirección con {z}, {x} y {y}: https://mapas.ejemplo.bo/{z}/{x}/{y}.png")
            return ""
        return plantilla

    def ritmo(self, variable: str, defecto: str) -> str:
        texto = self.str(variable, default=defecto).strip()
        try:
            leer_ritmo(texto)
        except ImproperlyConfigured:
            self.mal(
                variable, f"dice «{texto[:20]}»: escriba cuántas por s, m, h o d, por ejemplo 60/m; 0 es sin límite."
            )
            return defecto
        return texto

    def terminar(self) -> None:
        """Raise ImproperlyConfigured with all that is missing or wrong."""
        if self.problemas:
            lista = "\n".join(f"  - {problema}" for problema in self.problemas)
            raise ImproperlyConfigured(f"Minka no puede empezar: revise las variables de entorno.\n{lista}")
