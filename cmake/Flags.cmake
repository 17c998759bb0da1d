# Warnings, hardening and sanitizers as interface targets; docs/hardening.md says why each is there.
include(CheckCXXCompilerFlag)

add_library(batchrouter_flags INTERFACE)
target_compile_features(batchrouter_flags INTERFACE cxx_std_20)
# -iquote and not -I: src/sys/file.h must never stand in for the system's <sys/file.h>.
target_compile_options(batchrouter_flags INTERFACE -iquote ${PROJECT_SOURCE_DIR}/src)
target_compile_options(batchrouter_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wimplicit-fallthrough -Werror=format-security
  -fvisibility=hidden $<$<COMPILE_LANGUAGE:CXX>:-fvisibility-inlines-hidden>
  -fstack-protector-strong -fno-strict-aliasing -fno-delete-null-pointer-checks -fno-strict-overflow)
if(BATCHROUTER_DEVELOPER)
  target_compile_options(batchrouter_flags INTERFACE -Werror)
endif()

foreach(flag -Wbidi-chars=any -Wtrampolines -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard
        -ftrivial-auto-var-init=zero -fno-gnu-unique)
  string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
  check_cxx_compiler_flag(${flag} ${have})
  if(${have})
    target_compile_options(batchrouter_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${flag}>)
  endif()
endforeach()

if(BATCHROUTER_SANITIZE)
  target_compile_options(batchrouter_flags INTERFACE -fsanitize=${BATCHROUTER_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(batchrouter_flags INTERFACE -fsanitize=${BATCHROUTER_SANITIZE})
  if(BATCHROUTER_SANITIZE MATCHES thread)
    # Boost.Asio has fences, which GCC's thread sanitizer does not know and warns of.
    target_compile_options(batchrouter_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
else()
  target_compile_definitions(batchrouter_flags INTERFACE _GLIBCXX_ASSERTIONS)
  target_compile_options(batchrouter_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
endif()

# Links everything that is run or loaded; nodelete, because a library with a thread must stay mapped.
set(batchrouter_link_hardening -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)
