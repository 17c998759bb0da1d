# Fewer, larger translation units where a build is made once, as for the demo and the packages: most of a file's time
# goes into the headers that its neighbours include too. Whoever edits keeps one unit per file, for clang-tidy and for
# small rebuilds. tests/style/unity.py compiles the large ones for everybody.

# The files of a folder become one unit: they share the folder's words anyway, so a name in an unnamed namespace has to
# be the only one of its folder. By itself stays
# - what has flags of its own, which CMake sees to;
# - the table of a vendor (kProperties), which uses the same names as every other one;
# - a class whose private state is of a type in an unnamed namespace (struct X::State), which GCC warns of outside of a
#   main file.
function(batchrouter_unity target)
  if(NOT BATCHROUTER_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources EXCLUDE REGEX "^\\$<")
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE path)
    file(STRINGS ${path} alone LIMIT_COUNT 1 REGEX "kProperties =|^struct .*::State {")
    if(NOT alone)
      cmake_path(GET path PARENT_PATH folder)
      cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/src)
      string(MAKE_C_IDENTIFIER ${folder} group)
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
    endif()
  endforeach()
endfunction()
