// AssemblyScript imports from the module named like the file.

export declare function args_sizes_get(count: usize, size: usize): u32;
export declare function environ_sizes_get(count: usize, size: usize): u32;
export declare function clock_time_get(id: u32, precision: u64, time: usize): u32;
export declare function random_get(at: usize, length: usize): u32;
export declare function proc_exit(code: u32): void;
export declare function path_open(
  directory: u32,
  lookup: u32,
  path: usize,
  pathLength: usize,
  open: u32,
  rights: u64,
  inherited: u64,
  flags: u32,
  opened: usize,
): u32;
