// Attaching: one file after the other, saying how far it is and which was refused; without it the form is sent as any other.
(() => {
  "use strict";
  const formulario = document.querySelector("[data-adjuntar]");
  if (!formulario) return;
  const textos = formulario.dataset;
  const avance = formulario.querySelector("[data-avance]");
  const barra = avance.querySelector("progress");
  const dice = avance.querySelector("[role=status]");
  const errores = formulario.querySelector("[data-errores]");
  const boton = formulario.querySelector("button[type=submit]");
  const entrada = formulario.querySelector("input[type=file]");
  const maximo = () => Number(formulario.elements.clase.value === "foto" ? textos.fotoMb : textos.documentoMb);

  formulario.addEventListener("submit", async (evento) => {
    evento.preventDefault();
    if (boton.disabled) return;
    boton.disabled = true;
    avance.hidden = false;
    errores.replaceChildren();
    const elegidos = [...entrada.files];
    let guardados = 0;
    for (const [n, archivo] of elegidos.entries()) {
      if (archivo.size > maximo() * 1024 * 1024) {
        fallar(`${archivo.name}: ${textos.muyGrande} ${maximo()} MB.`);
        continue;
      }
      const cual = elegidos.length > 1 ? `${archivo.name} (${n + 1}/${elegidos.length})` : archivo.name;
      guardados += await subir(archivo, cual);
    }
    boton.disabled = false;
    avance.hidden = true;
    if (guardados && !errores.children.length) return volver();
    if (guardados) {
      entrada.value = "";
      await refrescar();
    }
  });

  // Some were kept and some not: the list shows the first, the form still says what is wrong with the others.
  async function refrescar() {
    const pagina = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const nueva = pagina.querySelector("#archivos .archivos-lista");
    const vieja = document.querySelector("#archivos .archivos-lista, #archivos > p.suave");
    if (nueva && vieja) vieja.replaceWith(nueva);
  }

  function volver() {
    location.hash = "archivos";
    location.reload();
  }

  function subir(archivo, cual) {
    const datos = new FormData(formulario);
    datos.delete("archivos");
    datos.append("archivos", archivo, archivo.name);
    return new Promise((listo) => {
      const pedido = new XMLHttpRequest();
      pedido.open("POST", formulario.action);
      pedido.setRequestHeader("Accept", "application/json");
      pedido.responseType = "json";
      pedido.upload.addEventListener("progress", ({ loaded, total }) => {
        barra.value = total ? (100 * loaded) / total : 0;
        dice.textContent = loaded < total ? `${textos.subiendo} ${cual}: ${Math.round(barra.value)} %` : `${textos.revisando} ${cual}…`;
      });
      pedido.addEventListener("load", () => {
        const { guardados = 0, errores: dichos, error } = pedido.response || {};
        for (const uno of dichos || (guardados ? [] : [error || textos.fallo])) fallar(uno);
        listo(guardados);
      });
      pedido.addEventListener("error", () => {
        fallar(`${archivo.name}: ${textos.fallo}`);
        listo(0);
      });
      pedido.send(datos);
    });
  }

  function fallar(texto) {
    const uno = document.createElement("li");
    uno.className = "estado estado-mal";
    uno.textContent = `✕ ${texto}`;
    errores.append(uno);
  }
})();
