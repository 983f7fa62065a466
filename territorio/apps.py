from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TerritorioConfig(AppConfig):
    name = "territorio"
    verbose_name = "territorio"

    def ready(self) -> None:
        from territorio import permisos  # noqa: F401 (declares the actions)
        from territorio.catalogos import cargar_catalogos

        post_migrate.connect(cargar_catalogos, sender=self)
