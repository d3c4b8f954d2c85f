import type { GraphNode } from "./onnx-graph.ts";

/**
 * The function of an element-wise ONNX operator, or undefined when the operator is none.
 *
 * @param constant reads a constant input (the bounds of Clip)
 */
export function unaryFunction(
  { op, attributes, inputs }: GraphNode,
  constant: (name: string) => number | undefined,
): ((x: number) => number) | undefined {
  const alpha = (fallback: number): number => attributes.get("alpha")?.f ?? fallback;
  const bound = (index: number, fallback: number): number => {
    const name = inputs[index];
    return (name ? constant(name) : undefined) ?? fallback;
  };
  switch (op) {
    case "Relu":
      return (x) => Math.max(x, 0);
    case "LeakyRelu": {
      const slope = alpha(0.01);
      return (x) => (x >= 0 ? x : slope * x);
    }
    case "Elu": {
      const scale = alpha(1);
      return (x) => (x >= 0 ? x : scale * Math.expm1(x));
    }
    case "Sigmoid":
      return (x) => 1 / (1 + Math.exp(-x));
    case "Tanh":
      return Math.tanh;
    case "Softplus":
      return (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
    case "Exp":
      return Math.exp;
    case "Log":
      return Math.log;
    case "Clip": {
      const low = bound(1, attributes.get("min")?.f ?? Number.NEGATIVE_INFINITY);
      const high = bound(2, attributes.get("max")?.f ?? Number.POSITIVE_INFINITY);
      return (x) => Math.min(Math.max(x, low), high);
    }
    default:
      return undefined;
  }
}
