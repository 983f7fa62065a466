// What the page says and knows: written into it by the server, so that it is there without network too.
export const datos = JSON.parse(document.getElementById("datos-captura")?.textContent ?? "null");

export function t(clave, valores = {}) {
  const texto = datos.textos[clave] ?? clave;
  return texto.replace(/%\((\w+)\)s/g, (_todo, nombre) => valores[nombre] ?? "");
}

export const uno = (selector, dentro = document) => dentro.querySelector(selector);
export const cada = (selector, dentro = document) => [...dentro.querySelectorAll(selector)];

// An element with its properties and what it holds; texts are never read as HTML.
export function hacer(etiqueta, propiedades = {}, ...hijos) {
  const elemento = document.createElement(etiqueta);
  for (const [nombre, valor] of Object.entries(propiedades)) {
    if (nombre === "datos") Object.assign(elemento.dataset, valor);
    else if (nombre in elemento) elemento[nombre] = valor;
    else elemento.setAttribute(nombre, valor);
  }
  elemento.append(...hijos.filter((h) => h !== null && h !== undefined));
  return elemento;
}

export const boton = (texto, alPulsar, clase = "btn-outline-secondary") => {
  const uno_ = hacer("button", { type: "button", className: `btn ${clase}`, textContent: texto });
  uno_.addEventListener("click", alPulsar);
  return uno_;
};
