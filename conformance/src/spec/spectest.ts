/** The module `spectest` that the scripts import from (WebAssembly specification, interpreter, "Spectest host module"). */
export function spectest(): WebAssembly.ModuleImports {
  const ignore = (): void => undefined;
  const global = (value: WebAssembly.ValueType, content: number | bigint): WebAssembly.Global =>
    new WebAssembly.Global({ value, mutable: false }, content);
  return {
    print: ignore,
    print_i32: ignore,
    print_i64: ignore,
    print_f32: ignore,
    print_f64: ignore,
    print_i32_f32: ignore,
    print_f64_f64: ignore,
    global_i32: global('i32', 666),
    global_i64: global('i64', 666n),
    global_f32: global('f32', 666.6),
    global_f64: global('f64', 666.6),
    table: new WebAssembly.Table({ element: 'anyfunc', initial: 10, maximum: 20 }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
    shared_memory: new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }),
  };
}
