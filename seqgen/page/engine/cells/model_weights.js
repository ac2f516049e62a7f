// The weights of a model as its cells ask for them: by name, in the memory of the kernel or outside.

export class ModelWeights {
  /** The weights whose names begin with a prefix. */
  constructor(tensors, kernel, prefix = "") {
    this.tensors = tensors;
    this.kernel = kernel;
    this.prefix = prefix;
  }

  /** Those whose names go on with another prefix. */
  within(prefix) {
    return new ModelWeights(this.tensors, this.kernel, this.prefix + prefix);
  }

  tensor(name) {
    return this.tensors.get(this.prefix + name);
  }

  /** The numbers of a weight, outside of the kernel's memory. */
  values(name) {
    return this.tensor(name).values;
  }

  /** A weight as a matrix of the kernel: its rows are the outputs, as in torch. */
  matrix(name) {
    const { shape, values } = this.tensor(name);
    return this.kernel.matrix(shape[0], shape[1], values);
  }

  /** A new vector of the kernel. */
  vector(n) {
    return this.kernel.vector(n);
  }
}
