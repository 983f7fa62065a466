from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('territorio', '0005_indicadores_con_medida_y_sitio_de_equipamientos'),
    ]

    operations = [
        migrations.AddField(
            model_name='cambioimportado',
            name='despues',
            field=models.JSONField(default=dict),
        ),
    ]
