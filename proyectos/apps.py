from django.apps import AppConfig


class ProyectosConfig(AppConfig):
    name = "proyectos"

    def ready(self) -> None:
        from proyectos import permisos  # noqa: F401 (declares actions and rows)
