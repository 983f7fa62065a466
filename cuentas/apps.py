from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class CuentasConfig(AppConfig):
    name = "cuentas"

    def ready(self) -> None:
        from cuentas import aislamiento, migraciones, puertas  # noqa: F401 (declares routes)
        from cuentas.guardia import revisiones  # noqa: F401  (adds to `manage.py check`)
        from cuentas.operacion import metricas

        migraciones.sin_dibujar()
        post_migrate.connect(aislamiento.preparar)
        connection_created.connect(aislamiento.al_conectar)
        metricas.conectar()
