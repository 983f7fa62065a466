"""Forms of participation that are small enough to share a file."""

from django import forms
from django.utils.translation import gettext_lazy as _

from demandas.formularios_base import FormularioConVersion
from demandas.models import Demanda, EstadoDemanda, EstadoEvento, Evento
from demandas.services.flujo import CON_MOTIVO, PRIORIDADES, REUNIONES


class FormularioPasoDeDemanda(FormularioConVersion):
    """A step of a demand: the version that was read and, where it asks for them, the reason or the meeting."""

    evento = forms.ModelChoiceField(
        label=_("Reunión que lo acordó"),
        queryset=Evento.objects.none(),
        empty_label=_("Elija la reunión"),
    )
    motivo = forms.CharField(
        label=_("Nota"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 2000}),
    )

    def __init__(self, *args, demanda: Demanda, hacia: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if hacia in PRIORIDADES:
            self.fields["evento"].queryset = Evento.objects.filter(
                municipio=demanda.municipio_id,
                estado=EstadoEvento.REALIZADO,
                tipo__in=REUNIONES[EstadoDemanda(hacia)],
            ).select_related("unidad")
        else:
            del self.fields["evento"]
        if hacia in CON_MOTIVO:
            self.fields["motivo"].required = True
            self.fields["motivo"].label = _("Por qué")
            self.fields["motivo"].help_text = _("Es lo que leerá quien la propuso.")
