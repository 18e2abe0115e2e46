// AssemblyScript imports from the module named like the file. Only what is called ends up in a guest's import section.

export declare function fd_read(fd: u32, iovecs: usize, iovecsLength: u32, read: usize): u32;
export declare function fd_write(fd: u32, iovecs: usize, iovecsLength: u32, written: usize): u32;
