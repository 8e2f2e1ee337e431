/* Names, directories and attributes of files. */
#define _GNU_SOURCE
#include <dirent.h>
#include <linux/openat2.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include "t.h"

static void links(void)
{
    char b[64] = {0};
    R(mkdir("d", 0750));
    R(mkdir("d", 0750));
    R(mkdirat(AT_FDCWD, "d/e/f", 0700));
    R(close(open("d/file", O_CREAT | O_WRONLY, 0644)));
    R(link("d/file", "d/hard"));
    R(symlink("file", "d/soft"));
    R(readlink("d/soft", b, 64));
    T(!strcmp(b, "file"));
    R(readlink("d/file", b, 64));
    R(readlink("d/soft", b, 2));
    R(linkat(AT_FDCWD, "d/soft", AT_FDCWD, "d/hs", 0));
    R(linkat(AT_FDCWD, "d/soft", AT_FDCWD, "d/hf", AT_SYMLINK_FOLLOW));
    R(rename("d/hs", "d/renamed"));
    R(rename("none", "d/renamed"));
    R(renameat2(AT_FDCWD, "d/renamed", AT_FDCWD, "d/hf", RENAME_NOREPLACE));
    R(renameat2(AT_FDCWD, "d/renamed", AT_FDCWD, "d/hf", RENAME_EXCHANGE));
    R(unlink("d"));
    R(rmdir("d"));
    R(unlink("d/hf"));
    R(unlinkat(AT_FDCWD, "d/renamed", AT_REMOVEDIR));
    R(mknod("fifo", S_IFIFO | 0600, 0));
    R(mkfifo("fifo", 0600));
    R(open("fifo", O_WRONLY | O_NONBLOCK));
}

static void stats(void)
{
    struct stat st, lst;
    int fd = open("d/file", O_RDWR);
    R(write(fd, "12345", 5));
    R(fstat(fd, &st));
    printf("mode %o nlink %lu size %ld blksize %ld uid %d gid %d\n", st.st_mode,
           (unsigned long)st.st_nlink, (long)st.st_size, (long)st.st_blksize, st.st_uid == getuid(),
           st.st_gid == getgid());
    T(st.st_ino && st.st_dev && st.st_mtim.tv_sec > 1000000000 && st.st_mtim.tv_nsec < 1000000000);
    R(lstat("d/soft", &lst));
    T(S_ISLNK(lst.st_mode) && lst.st_size == 4);
    R(stat("d/soft", &lst));
    T(lst.st_ino == st.st_ino && lst.st_dev == st.st_dev);
    R(stat("/dev/null", &st));
    printf("null %x %x\n", major(st.st_rdev), minor(st.st_rdev));
    R(stat("d/file/x", &st));
    R(stat("", &st));
    R(syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH));
    R(syscall(SYS_newfstatat, fd, "", (void *)1, AT_EMPTY_PATH));
    R(syscall(SYS_newfstatat, fd, (void *)1, &st, 0));
    R(syscall(SYS_newfstatat, fd, "", &st, 0x40000));
    R(syscall(SYS_fstat, 999, (void *)1));
    struct statx sx;
    R(statx(AT_FDCWD, "d/file", 0, STATX_BASIC_STATS, &sx));
    T(sx.stx_size == 5 && S_ISREG(sx.stx_mode) && sx.stx_ino == lst.st_ino);
    struct statfs fs;
    R(statfs("/proc", &fs));
    printf("proc %lx namelen %ld\n", (long)fs.f_type, (long)fs.f_namelen);
    R(fstatfs(fd, &fs));
    T(fs.f_blocks > 0 && fs.f_bsize > 0);
}

static void attributes(void)
{
    struct stat st;
    umask(027);
    R(umask(022));
    R(chmod("d/file", 04711));
    stat("d/file", &st);
    printf("mode %o\n", st.st_mode);
    R(fchmodat(AT_FDCWD, "none", 0600, 0));
    R(access("d/file", F_OK));
    R(access("none", R_OK));
    R(access("d/file", 99));
    R(syscall(SYS_faccessat2, AT_FDCWD, "d/file", R_OK, AT_EACCESS));
    struct timespec ts[2] = {{1000, 5}, {2000, 999999999}};
    R(utimensat(AT_FDCWD, "d/file", ts, 0));
    stat("d/file", &st);
    printf("times %ld.%ld %ld.%ld\n", (long)st.st_atim.tv_sec, (long)st.st_atim.tv_nsec,
           (long)st.st_mtim.tv_sec, (long)st.st_mtim.tv_nsec);
    ts[0].tv_nsec = 2000000000;
    R(utimensat(AT_FDCWD, "d/file", ts, 0));
    ts[0].tv_nsec = UTIME_OMIT;
    R(utimensat(AT_FDCWD, "d/file", ts, 0));
    R(chown("d/file", -1, -1));
    char v[16] = {0};
    R(setxattr("d/file", "user.k", "value", 5, 0));
    R(getxattr("d/file", "user.k", v, 16));
    R(getxattr("d/file", "user.k", v, 2));
    R(setxattr("d/file", "user.k", "v", 1, XATTR_CREATE));
    R(listxattr("d/file", v, 16));
    R(removexattr("d/file", "user.k"));
    R(getxattr("d/file", "user.k", v, 16));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void directories(void)
{
    char b[4096], *names[64];
    int n = 0;
    DIR *d = opendir("d");
    T(d != NULL);
    for (struct dirent *e; (e = readdir(d));)
        names[n++] = strdup(e->d_name);
    qsort(names, n, sizeof *names, by_name);
    for (int i = 0; i < n; i++)
        puts(names[i]);
    rewinddir(d);
    long at = telldir(d);
    readdir(d);
    seekdir(d, at);
    T(readdir(d) != NULL);
    closedir(d);
    R(syscall(SYS_getdents64, 0x7fff, b, sizeof b));
    int fd = open("d", O_RDONLY | O_DIRECTORY);
    R(syscall(SYS_getdents64, fd, b, 3));
    R(chdir("d"));
    T(getcwd(b, sizeof b) && !strncmp(b, tmp_dir, strlen(tmp_dir)));
    R(syscall(SYS_getcwd, b, 2));
    R(fchdir(fd));
    R(chdir(".."));
    R(chdir("none"));
    R(chdir("d/file"));
}

static void openat2s(void)
{
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY};
    R(syscall(SYS_openat2, AT_FDCWD, "d/file", &how, sizeof how));
    how.flags = O_RDONLY | O_NOFOLLOW;
    R(syscall(SYS_openat2, AT_FDCWD, "d/soft", &how, sizeof how));
    how.flags = O_RDONLY;
    how.resolve = RESOLVE_BENEATH;
    R(syscall(SYS_openat2, AT_FDCWD, "/etc", &how, sizeof how));
    R(syscall(SYS_openat2, AT_FDCWD, "/etc", &how, 8));
    OK(syscall(SYS_openat2, AT_FDCWD, "d/soft", &how, sizeof how));
    how.mode = 0600;
    R(syscall(SYS_openat2, AT_FDCWD, "d/soft", &how, sizeof how));
}

int main(void)
{
    enter_tmp();
    links();
    stats();
    attributes();
    directories();
    openat2s();
    leave_tmp();
}
