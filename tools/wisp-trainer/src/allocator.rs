//! How glibc gives memory back.
#![allow(unsafe_code)]

/// Lets the process keep what it frees: a step allocates the same large matrices as the one before, and
/// their pages would be given back each time, to be fetched and cleared anew. Other allocators are left as
/// they are.
///
/// To be called before there are other threads.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: these set numbers of the allocator, and no other thread uses it yet. A number that it
        // refuses leaves it as it was, which is slower.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20); // the highest, more bytes than any matrix has
            libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
        }
    }
}
