"""Settings, read from the environment (or `.env`): every variable is listed in README, "Settings"."""

import importlib.util
from datetime import timedelta
from pathlib import Path

import pghistory
import pgtrigger
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.entorno import Entorno
from config.seguridad import politica_de_contenido
from cuentas.operacion.bitacora import ajustes

BASE_DIR = Path(__file__).resolve().parent.parent

env = Entorno(BASE_DIR / ".env")
# Where the service keeps what is not in the database: uploads, static files, backups.
VAR_DIR = Path(env.str("MINKA_VAR", default=str(BASE_DIR / "var")))


def _biblioteca(paquete: str, patron: str) -> str | None:
    """Path of the shared library that the wheel of `paquete` carries, so that one GDAL serves the whole process."""
    origen = importlib.util.find_spec(paquete)
    if origen is None or origen.origin is None:
        return None
    carpeta = Path(origen.origin).parent.parent / f"{paquete}.libs"
    return next((str(ruta) for ruta in sorted(carpeta.glob(patron))), None)


GDAL_LIBRARY_PATH = env.str("GDAL_LIBRARY_PATH", default=None) or _biblioteca("pyogrio", "libgdal*.so*")
GEOS_LIBRARY_PATH = env.str("GEOS_LIBRARY_PATH", default=None) or _biblioteca("shapely", "libgeos_c*.so*")

# --- mode -------------------------------------------------------------------------------------------------------------
DEBUG = env.bool("MINKA_DEBUG", default=False)
PRODUCCION = env.bool("MINKA_PRODUCCION", default=False)


def _secreto() -> str:
    """SECRET_KEY of the environment; outside production, one kept in `var/` so that nobody deploys a known key."""
    if (clave := env.clave(produccion=PRODUCCION)) or PRODUCCION:
        return clave
    from django.core.management.utils import get_random_secret_key

    archivo = VAR_DIR / "clave_secreta"
    if not archivo.exists():
        VAR_DIR.mkdir(exist_ok=True)
        archivo.write_text(get_random_secret_key() + get_random_secret_key())
        archivo.chmod(0o600)
    return archivo.read_text()


SECRET_KEY = _secreto()
ALLOWED_HOSTS = env.anfitriones(produccion=PRODUCCION)
CSRF_TRUSTED_ORIGINS = env.origenes()
if PRODUCCION:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# --- applications -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "mapas",
    "proyectos",
    "demandas",
    "territorio",
    "cuentas",
    "cuentas.administracion.AdministracionConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.gis",
    "django.contrib.postgres",
    "rest_framework",
    "rest_framework_gis",
    "django_filters",
    "drf_spectacular",
    "procrastinate.contrib.django",
    "pgtrigger",
    "pghistory",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
    "django_guid",
]

MIDDLEWARE = [
    "cuentas.operacion.peticiones.Peticiones",
    "django_guid.middleware.guid_middleware",
    "django.middleware.security.SecurityMiddleware",
    "config.seguridad.Cabeceras",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "cuentas.guardia.middleware.Direcciones",
    "cuentas.guardia.disco.GuardiaDelDisco",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "cuentas.middleware.QuienPregunta",
    "cuentas.sesiones.SegundoPaso",
    "cuentas.guardia.middleware.Guardia",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mapas.contexto.sitio",
            ],
        },
    },
]

# --- database ---------------------------------------------------------------------------------------------------------
# The default is the private cluster that bin/setup makes; bin/entorno.sh exports its DATABASE_URL.
DATABASES = {"default": env.base(produccion=PRODUCCION)}
DATABASES["default"]["ENGINE"] = "django.contrib.gis.db.backends.postgis"
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
# A connection kept from another request is tried first, so that pages survive a restart of the database.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What each process is: the worker ("trabajador") sees the rows of all municipalities, the web those of whoever asks.
MINKA_PROCESO = env.str("MINKA_PROCESO", default="")
# How many proxies of our own stand before the web server: that many entries of X-Forwarded-For are believed.
MINKA_PROXIES = env.int("MINKA_PROXIES", default=0)
# Groups of fewer persons are shown only to the members of their municipality; 0: shown to all. After a change, run
# `manage.py relocalizar`.
MINKA_UMBRAL_PERSONAS = env.int("MINKA_UMBRAL_PERSONAS", default=5)
if MINKA_UMBRAL_PERSONAS not in {0, *range(3, 1001)}:
    raise ImproperlyConfigured("MINKA_UMBRAL_PERSONAS debe ser 0 (no se reserva nada) o un número de 3 a 1000.")
# Milliseconds after which a statement of a page is given up; and one of a download, of which so many run at once.
MINKA_ESPERA_MS = env.int("MINKA_ESPERA_MS", default=30_000)
MINKA_ESPERA_EXPORTE_MS = env.int("MINKA_ESPERA_EXPORTE_MS", default=120_000)
MINKA_EXPORTES_A_LA_VEZ = env.int("MINKA_EXPORTES_A_LA_VEZ", default=2)
# Seconds that a browser may leave a piece of an answer unread before its connection is closed.
MINKA_ESPERA_LECTURA_S = env.int("MINKA_ESPERA_LECTURA_S", default=60)

# --- how often: "60/m" (s, m, h, d), empty for no limit. By address; a member by account, four times as much ----------
MINKA_RITMOS = {
    clase: env.ritmo(f"MINKA_RITMO_{clase.upper()}", ritmo)
    for clase, ritmo in {
        "ingreso_direccion": "60/m",  # a workshop enters from one address
        "ingreso_cuenta": "10/m",
        "busqueda": "300/m",  # letters typed are searched for as they come
        "exportes": "30/m",
        "api": "600/m",
        "api_escritura": "120/m",
    }.items()
}

# --- the record of changes: triggers write what each row became, with who and from where, one statement at a time ----
PGHISTORY_LEVEL = pgtrigger.Statement
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(related_name="registro")
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_CREATED_AT_FUNCTION = "clock_timestamp()"

# --- what browsers are told: nothing runs or is drawn but what we serve (config/seguridad.py) ---------------------------
# Optional background tiles, e.g. an XYZ template of the municipality's own server. Empty: no request leaves the page.
MINKA_MAPA_BASE = env.mapa_base("MINKA_MAPA_BASE")
CONTENT_SECURITY_POLICY = {"DIRECTIVES": politica_de_contenido(MINKA_MAPA_BASE)}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "cuentas.guardia.errores.sin_csrf"

# --- accounts ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "cuentas.Usuario"
LOGIN_URL = "cuentas:ingresar"
LOGIN_REDIRECT_URL = "inicio"
LOGOUT_REDIRECT_URL = "inicio"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "cuentas.identidad.SoloIdentidad"]
# Argon2 for what is new; the others only to read what an older installation kept, which log-in then replaces.
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{nombre}PasswordHasher" for nombre in ("Argon2", "Scrypt", "PBKDF2")]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{nombre}"}
    for nombre in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Sessions: out of reach of scripts and of other sites, and over after so many minutes without use.
MINKA_SESION_MINUTOS = env.int("MINKA_SESION_MINUTOS", default=240)
SESSION_COOKIE_AGE = MINKA_SESION_MINUTOS * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Wrong passwords for one name from one address, after which that pair waits.
AXES_FAILURE_LIMIT = env.int("MINKA_INTENTOS", default=5)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("MINKA_INTENTOS_ESPERA_MINUTOS", default=15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "cuentas.origen.direccion"
AXES_LOCKOUT_CALLABLE = "cuentas.views.ingreso.bloqueada"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # no list of who came in from where
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# The second factor: how applications name the account, and whether /admin/ asks for it.
OTP_TOTP_ISSUER = "Minka"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
MINKA_ADMIN_SEGUNDO_FACTOR = env.bool("MINKA_ADMIN_SEGUNDO_FACTOR", default=PRODUCCION)
# For how many days an invitation is good.
MINKA_INVITACION_DIAS = env.int("MINKA_INVITACION_DIAS", default=7)

# --- e-mail: only invitations, and only where a server for it is named --------------------------------------------------
MINKA_CORREO = env.str("MINKA_CORREO", default="")  # smtp+tls://user:password@host:587
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
if MINKA_CORREO:
    globals().update(env.email_url("MINKA_CORREO"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MINKA_CORREO_REMITENTE", default="minka@localhost")

# --- background work: PostgreSQL is the queue; `manage.py procrastinate worker` takes from it ----------------------
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tareas"
# Asked to stop, the worker lets a job go on for this long; after that the job stops by itself and says so.
PROCRASTINATE_WORKER_DEFAULTS = {"shutdown_graceful_timeout": 5}

# --- language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Español")), ("en", _("Inglés"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "America/La_Paz"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["config.formatos"]

# --- static files: our own and those that `npm ci` installed ----------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MODULOS_NPM = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    (f"terceros/{nombre}", ruta)
    for nombre, ruta in {
        "htmx": MODULOS_NPM / "htmx.org" / "dist",
        "leaflet": MODULOS_NPM / "leaflet" / "dist",
        "bootstrap/css": MODULOS_NPM / "bootstrap" / "dist" / "css",
        "bootstrap/js": MODULOS_NPM / "bootstrap" / "dist" / "js",
        "source-sans-3": MODULOS_NPM / "@fontsource" / "source-sans-3" / "files",
    }.items()
    if ruta.is_dir()
]
# Files named after their contents, compressed, kept for ever by browsers; needs `collectstatic` before the server starts.
ESTATICOS_SELLADOS = env.bool("MINKA_ESTATICOS_SELLADOS", default=PRODUCCION)
# Without them the server reads each file where it lies, so that `runserver` works on a checkout as it is.
WHITENOISE_USE_FINDERS = not ESTATICOS_SELLADOS
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.estaticos.Sellados"
        if ESTATICOS_SELLADOS
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "archivos"
MEDIA_URL = ""  # what lies there is handed out by views that ask who wants it, or not at all
FILE_UPLOAD_HANDLERS = [
    "territorio.subidas.LimiteDeSubida",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 500}},
}

# --- Minka ------------------------------------------------------------------------------------------------------------
# lon/lat box outside of which a file is refused: Bolivia, EPSG:4326 (west, south, east, north).
MINKA_CAJA = env.caja("MINKA_CAJA", (-69.66, -22.91, -57.52, -9.67))
# Bytes to which a zip of limits may unpack.
MINKA_BYTES_DESCOMPRIMIDOS = env.int("MINKA_BYTES_DESCOMPRIMIDOS", default=500 * 1024 * 1024)
MINKA_MAPA_BASE_CREDITO = env.str("MINKA_MAPA_BASE_CREDITO", default="")
# What an uploaded file may weigh, and for how many days it is kept once its import is over.
MINKA_IMPORTACION_MAXIMO_MB = env.int("MINKA_IMPORTACION_MAXIMO_MB", default=200)
MINKA_IMPORTACION_DIAS = env.int("MINKA_IMPORTACION_DIAS", default=30)
# What a photo and a document attached to a demand or project may weigh, and how many millions of pixels a photo may have.
MINKA_FOTO_MAXIMO_MB = env.int("MINKA_FOTO_MAXIMO_MB", default=15)
MINKA_DOCUMENTO_MAXIMO_MB = env.int("MINKA_DOCUMENTO_MAXIMO_MB", default=30)
MINKA_FOTO_MAXIMO_MPX = env.int("MINKA_FOTO_MAXIMO_MPX", default=70)
# Metres from a project beyond which a photo of it is pointed out as taken elsewhere.
MINKA_FOTO_LEJOS_M = env.int("MINKA_FOTO_LEJOS_M", default=500)
# Internal address of nginx for MEDIA_ROOT/adjuntos: then nginx sends the files, after Minka has said yes. Empty: Minka does.
MINKA_X_ACCEL = env.str("MINKA_X_ACCEL", default="")
# Below these free MB on the disk of any of these folders nothing is written any more; reading goes on.
MINKA_DISCO_MINIMO_MB = env.int("MINKA_DISCO_MINIMO_MB", default=200)
MINKA_DISCOS = env.list("MINKA_DISCOS", default=[str(VAR_DIR), str(VAR_DIR / "postgres")])
# Code of the invented municipality: its pages say that it is invented.
MINKA_MUNICIPIO_DEMO = "990101"

# --- logs, health, metrics (cuentas/operacion) ------------------------------------------------------------------------
LOGGING = ajustes(
    formato=env.str("MINKA_BITACORA", default="json" if PRODUCCION else "texto"),
    nivel=env.str("MINKA_BITACORA_NIVEL", default="INFO"),
    niveles=env.dict("MINKA_BITACORA_NIVELES", default={}),
)
DJANGO_GUID = {"GUID_HEADER_NAME": "X-Request-ID", "EXPOSE_HEADER": False}
# Who brings it (Authorization: Bearer …) may read metrics and the parts of /salud/listo/ from elsewhere.
MINKA_METRICAS_CLAVE = env.str("MINKA_METRICAS_CLAVE", default="")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.api.SegunRol"],
    "DEFAULT_SCHEMA_CLASS": "config.esquema.Esquema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 100,
    "EXCEPTION_HANDLER": "config.api.manejar_error",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Minka API",
    "DESCRIPTION": "Territorio, demandas, proyectos y las preguntas de Minka. Escribe quien tiene el rol para ello.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "config.esquema.con_errores"],
    "ENUM_NAME_OVERRIDES": {
        "EstadoLimite": "territorio.models.EstadoLimite",
        "EstadoDemanda": "demandas.models.EstadoDemanda",
        "EstadoProyecto": "proyectos.models.EstadoProyecto",
        "EstadoEquipamiento": "territorio.models.EstadoEquipamiento",
        "EstadoImportacion": "territorio.models.EstadoImportacion",
    },
}

env.terminar()

# The libraries inside the wheels look for their data beside themselves once pyogrio has been imported.
import pyogrio  # noqa: E402, F401  (sets the data paths of the GDAL that Django is about to load)
