from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TerritorioConfig(AppConfig):
    name = "territorio"
    verbose_name = "territorio"

    def ready(self) -> None:
        from territorio import permisos, servicios  # noqa: F401 (declare the actions and a question about units)
        from territorio.catalogos import cargar_catalogos

        post_migrate.connect(cargar_catalogos, sender=self)
