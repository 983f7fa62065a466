from django.apps import AppConfig


class ProyectosConfig(AppConfig):
    name = "proyectos"

    def ready(self) -> None:
        from proyectos import criterios, permisos, verificacion  # noqa: F401 (declare criteria, actions, rows and checks)
