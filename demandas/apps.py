from django.apps import AppConfig


class DemandasConfig(AppConfig):
    name = "demandas"
