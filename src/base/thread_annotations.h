// Macros of clang's thread safety analysis (-Wthread-safety). https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#pragma once

#if defined(__clang__)
#define VESTA_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define VESTA_THREAD_ATTRIBUTE(x)
#endif

#define CAPABILITY(x) VESTA_THREAD_ATTRIBUTE(capability(x))
#define SCOPED_CAPABILITY VESTA_THREAD_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(x) VESTA_THREAD_ATTRIBUTE(guarded_by(x))
#define PT_GUARDED_BY(x) VESTA_THREAD_ATTRIBUTE(pt_guarded_by(x))
#define REQUIRES(...) VESTA_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) VESTA_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) VESTA_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) VESTA_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define EXCLUDES(...) VESTA_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define RETURN_CAPABILITY(x) VESTA_THREAD_ATTRIBUTE(lock_returned(x))
#define NO_THREAD_SAFETY_ANALYSIS VESTA_THREAD_ATTRIBUTE(no_thread_safety_analysis)
