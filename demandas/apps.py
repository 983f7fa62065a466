from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DemandasConfig(AppConfig):
    name = "demandas"

    def ready(self) -> None:
        from demandas import permisos  # noqa: F401 (declares actions and rows)
        from demandas.criterios import cargar_catalogo

        post_migrate.connect(cargar_catalogo, sender=self)
