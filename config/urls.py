"""All routes: pages, machines."""

from django.urls import path

urlpatterns = []
