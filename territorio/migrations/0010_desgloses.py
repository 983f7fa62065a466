import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("territorio", "0009_version_de_equipamientos"),
    ]

    operations = [
        migrations.CreateModel(
            name="Desglose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("censo", models.PositiveSmallIntegerField()),
                ("publico", models.BooleanField(verbose_name="público")),
                (
                    "unidad",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="desgloses",
                        to="territorio.unidadterritorial",
                    ),
                ),
            ],
            options={
                "verbose_name": "desglose",
                "verbose_name_plural": "desgloses",
                "constraints": [models.UniqueConstraint(fields=("unidad", "censo"), name="desglose_unico")],
            },
        ),
    ]
