/*
 * What crtbeginS.o does for a library, with landing pads for BTI: destructors of its objects run when
 * it is closed.
 */
extern void __cxa_finalize(void *);
__attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle;

__attribute__((destructor)) static void close_library(void)
{
    __cxa_finalize(&__dso_handle);
}
