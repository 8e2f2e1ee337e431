/* System V and POSIX queues, semaphores, shared memory. */
#define _GNU_SOURCE
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include "t.h"

static void semaphores(void)
{
    int id = semget(IPC_PRIVATE, 3, 0640);
    T(id >= 0);
    unsigned short v[3] = {1, 2, 3}, got[3] = {0};
    R(semctl(id, 0, SETALL, v));
    R(semctl(id, 0, GETALL, got));
    printf("%d %d %d\n", got[0], got[1], got[2]);
    R(semctl(id, 1, SETVAL, 9));
    R(semctl(id, 1, GETVAL));
    struct sembuf op[2] = {{0, -1, IPC_NOWAIT}, {2, 4, 0}};
    R(semop(id, op, 2));
    R(semctl(id, 2, GETVAL));
    R(semop(id, op, 2));
    struct timespec ts = {0, 1000000};
    op[0].sem_flg = 0;
    R(semtimedop(id, op, 1, &ts));
    struct semid_ds ds;
    memset(&ds, 0, sizeof ds);
    R(semctl(id, 0, IPC_STAT, &ds));
    printf("nsems %lu mode %o\n", (unsigned long)ds.sem_nsems, ds.sem_perm.mode);
    T(ds.sem_ctime > 1000000000 && ds.sem_otime > 1000000000);
    ds.sem_perm.mode = 0600;
    R(semctl(id, 0, IPC_SET, &ds));
    R(semctl(id, 0, IPC_STAT, &ds));
    printf("mode %o\n", ds.sem_perm.mode);
    R(semctl(id, 0, GETPID) == getpid());
    R(semctl(id, 5, GETVAL));
    R(semctl(id, 0, IPC_RMID));
    R(semctl(id, 0, GETVAL));
}

static void messages(void)
{
    struct {
        long type;
        char text[16];
    } m = {5, "five"};
    int id = msgget(IPC_PRIVATE, 0600);
    T(id >= 0);
    R(msgsnd(id, &m, 5, 0));
    m.type = 3;
    R(msgsnd(id, &m, 2, 0));
    struct msqid_ds ds;
    R(msgctl(id, IPC_STAT, &ds));
    printf("qnum %lu bytes %lu\n", (unsigned long)ds.msg_qnum, (unsigned long)ds.__msg_cbytes);
    R(msgrcv(id, &m, 16, 5, IPC_NOWAIT));
    R(m.type);
    R(msgrcv(id, &m, 1, 0, IPC_NOWAIT));
    R(msgrcv(id, &m, 1, 0, IPC_NOWAIT | MSG_NOERROR));
    R(msgrcv(id, &m, 16, 0, IPC_NOWAIT));
    R(msgsnd(id, &m, -1, 0));
    R(msgctl(id, IPC_RMID, NULL));
}

static void memory(void)
{
    int id = shmget(IPC_PRIVATE, 5000, 0600);
    T(id >= 0);
    char *p = shmat(id, NULL, 0);
    T(p != (void *)-1);
    strcpy(p, "shared");
    char *q = shmat(id, NULL, SHM_RDONLY);
    T(q != (void *)-1 && !strcmp(q, "shared"));
    struct shmid_ds ds;
    R(shmctl(id, IPC_STAT, &ds));
    printf("size %lu nattch %lu\n", (unsigned long)ds.shm_segsz, (unsigned long)ds.shm_nattch);
    R(shmdt(p));
    R(shmdt(q));
    R(shmdt(q));
    R(shmctl(id, IPC_RMID, NULL));
    R(shmat(id, NULL, 0) == (void *)-1);
}

static void queues(void)
{
    char name[64], b[128];
    snprintf(name, sizeof name, "/ferry-%d", getpid());
    struct mq_attr a = {.mq_maxmsg = 3, .mq_msgsize = 100}, got;
    mqd_t q = mq_open(name, O_CREAT | O_RDWR | O_EXCL | O_NONBLOCK, 0600, &a);
    T(q != (mqd_t)-1);
    unsigned prio;
    R(mq_receive(q, b, sizeof b, &prio));
    R(mq_send(q, "low", 3, 1));
    R(mq_send(q, "high", 4, 9));
    R(mq_getattr(q, &got));
    printf("%ld %ld %ld\n", got.mq_maxmsg, got.mq_msgsize, got.mq_curmsgs);
    R(mq_receive(q, b, 10, &prio));
    R(mq_receive(q, b, sizeof b, &prio));
    R(prio);
    R(mq_unlink(name));
    R(mq_unlink(name));
}

int main(void)
{
    semaphores();
    messages();
    memory();
    queues();
}
