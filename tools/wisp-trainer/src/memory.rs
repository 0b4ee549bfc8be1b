//! How memory is given back.
#![allow(unsafe_code)]

/// Lets the process keep what it frees. A step allocates the same large matrices as the one before, and
/// glibc would give their pages back each time, to be fetched and cleared anew: without that a step takes
/// a sixth less time. Other allocators are left as they are.
pub fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for option in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
        const LIMIT: libc::c_int = 1 << 30; // bytes, more than any matrix has
        // SAFETY: sets a number of the allocator, before other threads are there.
        let accepted = unsafe { libc::mallopt(option, LIMIT) };
        debug_assert_eq!(accepted, 1, "glibc takes any number here");
    }
}
