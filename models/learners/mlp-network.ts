import type { Random } from "../../platform/math/random.ts";

/** One dense layer: `weights[o * inputs + i]`, then `biases[o]`. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float64Array;
  readonly biases: Float64Array;
}

/** Layers of the given widths, He-initialised (He et al. 2015: σ = √(2 / inputs), for ReLU), biases 0. */
export function newLayers(widths: readonly number[], random: Random): Layer[] {
  return widths.slice(1).map((outputs, l) => {
    const inputs = widths[l]!;
    const weights = new Float64Array(inputs * outputs);
    for (let i = 0; i < weights.length; i++) weights[i] = random.normal() * Math.sqrt(2 / inputs);
    return { inputs, outputs, weights, biases: new Float64Array(outputs) };
  });
}

/** All numbers of the layers, one after another: what an optimiser steps over. */
export function parametersOf(layers: readonly Layer[]): Float64Array[] {
  return layers.flatMap(({ weights, biases }) => [weights, biases]);
}

/** Runs single rows through ReLU layers and back; its buffers are used again for every row. */
export class Network {
  readonly layers: readonly Layer[];
  /** Sum of the gradients of the rows since the last clear, shaped as {@link parametersOf}. */
  readonly gradients: Float64Array[];
  readonly #activations: Float64Array[];
  readonly #deltas: Float64Array[];

  constructor(layers: readonly Layer[]) {
    this.layers = layers;
    this.gradients = parametersOf(layers).map((p) => new Float64Array(p.length));
    this.#activations = [
      new Float64Array(layers[0]!.inputs),
      ...layers.map((l) => new Float64Array(l.outputs)),
    ];
    this.#deltas = layers.map((l) => new Float64Array(l.outputs));
  }

  /** Log-odds of one row: F inputs from `values[at]` on. */
  forward(values: Float32Array | Float64Array, at: number): number {
    const first = this.#activations[0]!;
    for (let i = 0; i < first.length; i++) first[i] = values[at + i]!;
    for (let l = 0; l < this.layers.length; l++) {
      const { inputs, outputs, weights, biases } = this.layers[l]!;
      const from = this.#activations[l]!;
      const to = this.#activations[l + 1]!;
      const last = l === this.layers.length - 1;
      for (let o = 0; o < outputs; o++) {
        let sum = biases[o]!;
        const row = o * inputs;
        for (let i = 0; i < inputs; i++) sum += weights[row + i]! * from[i]!;
        to[o] = last || sum > 0 ? sum : 0;
      }
    }
    return this.#activations.at(-1)![0]!;
  }

  /** Adds the gradients of the row that {@link forward} has just seen, given ∂loss/∂output. */
  backward(outputGradient: number): void {
    this.#deltas.at(-1)![0] = outputGradient;
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const { inputs, outputs, weights } = this.layers[l]!;
      const from = this.#activations[l]!;
      const delta = this.#deltas[l]!;
      const weightGradient = this.gradients[2 * l]!;
      const biasGradient = this.gradients[2 * l + 1]!;
      const below = l > 0 ? this.#deltas[l - 1]!.fill(0) : undefined;
      for (let o = 0; o < outputs; o++) {
        const d = delta[o]!;
        if (d === 0) continue;
        biasGradient[o]! += d;
        const row = o * inputs;
        for (let i = 0; i < inputs; i++) weightGradient[row + i]! += d * from[i]!;
        if (below) for (let i = 0; i < inputs; i++) if (from[i]! > 0) below[i]! += d * weights[row + i]!;
      }
    }
  }
}

/** Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019) on the weights alone. */
export class Adam {
  readonly #parameters: readonly Float64Array[];
  readonly #first: Float64Array[];
  readonly #second: Float64Array[];
  readonly #rate: number;
  readonly #decay: number;
  #steps = 0;

  constructor(parameters: readonly Float64Array[], learningRate: number, weightDecay: number) {
    this.#parameters = parameters;
    this.#first = parameters.map((p) => new Float64Array(p.length));
    this.#second = parameters.map((p) => new Float64Array(p.length));
    this.#rate = learningRate;
    this.#decay = weightDecay;
  }

  /** One step against the gradients divided by `count`; clears them. */
  step(gradients: readonly Float64Array[], count: number): void {
    this.#steps++;
    const correct1 = 1 - 0.9 ** this.#steps;
    const correct2 = 1 - 0.999 ** this.#steps;
    for (let k = 0; k < gradients.length; k++) {
      const parameter = this.#parameters[k]!;
      const gradient = gradients[k]!;
      const first = this.#first[k]!;
      const second = this.#second[k]!;
      const decay = k % 2 === 0 ? this.#rate * this.#decay : 0;
      for (let i = 0; i < parameter.length; i++) {
        const g = gradient[i]! / count;
        first[i] = 0.9 * first[i]! + 0.1 * g;
        second[i] = 0.999 * second[i]! + 0.001 * g * g;
        parameter[i]! -=
          decay * parameter[i]! +
          (this.#rate * (first[i]! / correct1)) / (Math.sqrt(second[i]! / correct2) + 1e-8);
      }
      gradient.fill(0);
    }
  }
}
