/* A program that was built without the library and loads it at run time: argv[1] is its path. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
  void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  if (library == NULL) {
    fprintf(stderr, "%s\n", argc > 1 ? dlerror() : "usage: dlopen_consumer LIBRARY");
    return 1;
  }
  const char *(*version)(void) = NULL;
  *(void **)&version = dlsym(library, "br_version");
  if (version == NULL) return 1;
  printf("%s\n", version());
  return dlclose(library);
}
